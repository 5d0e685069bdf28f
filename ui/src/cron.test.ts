import { describe, expect, it } from 'vitest';
import { firings, inWords, next, parseSchedule } from './cron';

const at = (text: string) => Date.parse(text);
const times = (text: string, zone: string, after: string, count: number) =>
  firings({ schedules: [text], timezone: zone }, at(after), Number.POSITIVE_INFINITY, count).map((each) =>
    new Date(each).toISOString().slice(0, 16),
  );

describe('a schedule in words', () => {
  it.each([
    ['* * * * *', 'every minute'],
    ['*/15 * * * *', 'every 15 minutes'],
    ['0 */6 * * *', 'every 6 hours'],
    ['@hourly', 'every hour'],
    ['5 * * * *', 'every hour at :05'],
    ['TZ=Asia/Tokyo 0 3 * * *', 'every day at 03:00'],
    ['30 9 * * mon-fri', 'Monday to Friday at 09:30'],
    ['0 8 * * 1,4', 'every Monday, Thursday at 08:00'],
    ['@monthly', 'on day 1 of every month at 00:00'],
    ['0 0 1 1 *', ''],
    ['1-5 * * * *', ''],
    ['nonsense', ''],
  ])('%s', (schedule, told) => {
    expect(inWords(schedule)).toBe(told);
  });
});

describe('when a schedule fires', () => {
  it('knows lists, ranges, steps and names', () => {
    expect(times('*/20 9-10 * * mon-fri', '', '2026-01-02T09:30:00Z', 5)).toEqual([
      '2026-01-02T09:40',
      '2026-01-02T10:00',
      '2026-01-02T10:20',
      '2026-01-02T10:40',
      '2026-01-05T09:00',
    ]);
    expect(times('@daily', '', '2026-01-31T00:00:00Z', 2)).toEqual(['2026-02-01T00:00', '2026-02-02T00:00']);
  });
  it('takes either day field when both restrict (CR-042)', () => {
    expect(times('0 0 13 * fri', '', '2026-02-01T00:00:00Z', 4)).toEqual([
      '2026-02-06T00:00',
      '2026-02-13T00:00',
      '2026-02-20T00:00',
      '2026-02-27T00:00',
    ]);
  });
  it('skips an hour that does not exist and repeats one that comes twice (CR-056, CR-057)', () => {
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-03-27T12:00:00Z', 2)).toEqual([
      '2026-03-28T01:30',
      '2026-03-30T00:30',
    ]);
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 3)).toEqual([
      '2026-10-25T00:30',
      '2026-10-25T01:30',
      '2026-10-26T01:30',
    ]);
  });
  it('finds the 29th of February, and gives up on the 30th (CR-045)', () => {
    expect(times('0 0 29 2 *', '', '2026-01-01T00:00:00Z', 1)).toEqual(['2028-02-29T00:00']);
    expect(next(parseSchedule('0 0 30 2 *')!, at('2026-01-01T00:00:00Z'))).toBeUndefined();
  });
  it('joins several schedules without doubling a moment', () => {
    const both = { schedules: ['0 6 * * *', '0 */6 * * *'] };
    expect(firings(both, at('2026-01-01T00:00:00Z'), at('2026-01-02T00:00:00Z'), 9)).toHaveLength(3);
  });
  it('refuses what is no schedule', () => {
    for (const text of ['', '* * * *', '61 * * * *', '5-1 * * * *', '*/0 * * * *', 'a b c d e'])
      expect(parseSchedule(text)).toBeUndefined();
    expect(parseSchedule('* * * * *', 'Mars/Olympus')).toBeUndefined();
  });
});
