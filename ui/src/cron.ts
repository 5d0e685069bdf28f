// When a schedule fires: five fields or a descriptor on the clock of a time zone, as the server reads them (CR-040 on).

import { text as catalogue } from './text';

const words = catalogue.schedules;

interface Part {
  values: Set<number>;
  /** A star without a step does not restrict (CR-042). */
  star: boolean;
}

interface Rule {
  zone: string;
  /** Seconds between firings, for `@every`. */
  every?: number;
  minute: Part;
  hour: Part;
  day: Part;
  month: Part;
  weekday: Part;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DESCRIPTORS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const UNIT_SECONDS: Record<string, number> = { h: 3600, m: 60, s: 1 };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A schedule without a match in this time has none (CR-045). */
const SEARCH_MS_MAX = 5 * 366 * 24 * HOUR_MS;

/** A schedule as people say it; nothing for those that take longer to say than to read. */
export function inWords(schedule: string): string {
  const bare = schedule.trim().replace(/^(?:CRON_)?TZ=\S+\s+/, '');
  const fields = (DESCRIPTORS[bare] ?? bare).split(/\s+/);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  const rule = fields.length === 5 ? parseSchedule(schedule) : undefined;
  if (!rule || month !== '*' || (day !== '*' && weekday !== '*')) return '';
  const isFree = day === '*' && weekday === '*';
  const every = (field: string) => (field === '*' ? 1 : Number(/^\*\/(\d+)$/.exec(field)?.[1] ?? 0));
  const isTime = /^\d+$/.test(minute);
  if (isFree && hour === '*' && every(minute)) return words.eachMinutes(every(minute));
  if (isFree && minute === '0' && every(hour)) return words.eachHours(every(hour));
  if (isFree && hour === '*' && isTime) return words.hourly(minute.padStart(2, '0'));
  if (!isTime || !/^\d+$/.test(hour)) return '';
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  if (isFree) return words.daily(time);
  if (weekday === '*') return /^\d+$/.test(day) ? words.monthly(Number(day), time) : '';
  const days = [...rule.weekday.values].sort();
  if (days.join('') === '12345') return words.workdays(time);
  return words.weekly(days.map((each) => words.days[each]).join(', '), time);
}

/** Reads a schedule; nothing when it cannot be read. */
export function parseSchedule(text: string, timezone = ''): Rule | undefined {
  const named = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text.trim());
  const zone = timezone || named?.[1] || 'UTC';
  const rest = (named?.[2] ?? text).trim();
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    return undefined;
  }
  const every = /^@every\s+((?:\d+(?:\.\d+)?[hms])+)$/.exec(rest)?.[1];
  const fields = (every ? '* * * * *' : (DESCRIPTORS[rest] ?? rest)).split(/\s+/);
  if (fields.length !== 5) return undefined;
  const [minute, hour, day, month, weekday] = [
    part(fields[0]!, 0, 59),
    part(fields[1]!, 0, 23),
    part(fields[2]!, 1, 31),
    part(fields[3]!, 1, 12, MONTHS),
    part(fields[4]!, 0, 6, DAYS),
  ];
  if (!minute || !hour || !day || !month || !weekday) return undefined;
  const rule = { zone, minute, hour, day, month, weekday };
  if (!every) return rule;
  let seconds = 0;
  for (const [, count, unit] of every.matchAll(/([\d.]+)([hms])/g)) seconds += Number(count) * UNIT_SECONDS[unit!]!;
  return { ...rule, every: Math.max(1, Math.floor(seconds)) };
}

function part(text: string, least: number, most: number, names: string[] = []): Part | undefined {
  const found: Part = { values: new Set(), star: false };
  const value = (word: string): number => {
    const name = names.indexOf(word.toLowerCase());
    return name >= 0 ? least + name : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  for (const range of text.split(',').filter(Boolean)) {
    const [ends = '', stepText, ...more] = range.split('/');
    const [first = '', last, ...rest] = ends.split('-');
    const open = first === '*' || first === '?';
    const step = stepText === undefined ? 1 : Number(stepText);
    const from = open ? least : value(first);
    const to = open || (last === undefined && stepText !== undefined) ? most : value(last ?? first);
    const sound = from >= least && to <= most && from <= to && Number.isInteger(step) && step > 0;
    if (!sound || more.length > 0 || rest.length > 0) return undefined;
    for (let at = from; at <= to; at += step) found.values.add(at);
    found.star ||= open && step === 1;
  }
  return found;
}

interface Civil {
  month: number;
  day: number;
  weekday: number;
  hour: number;
  minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function civil(at: number, zone: string): Civil {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      weekday: 'short',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formats.set(zone, format);
  }
  const told = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    month: Number(told['month']),
    day: Number(told['day']),
    weekday: DAYS.indexOf((told['weekday'] ?? '').toLowerCase()),
    hour: Number(told['hour']),
    minute: Number(told['minute']),
  };
}

/** The first firing after an instant. Goes by real hours, so that a skipped hour never fires and a repeated one twice. */
export function next(rule: Rule, after: number): number | undefined {
  if (rule.every) return Math.floor(after / 1000 + rule.every) * 1000;
  const end = after + SEARCH_MS_MAX;
  let at = Math.floor(after / MINUTE_MS + 1) * MINUTE_MS;
  while (at < end) {
    const now = civil(at, rule.zone);
    const [day, weekday] = [rule.day.values.has(now.day), rule.weekday.values.has(now.weekday)];
    const fits = rule.day.star || rule.weekday.star ? day && weekday : day || weekday;
    if (!fits || !rule.month.values.has(now.month)) {
      // Close to the end of the day by whole hours, then across it.
      at += (60 - now.minute) * MINUTE_MS + Math.max(0, 22 - now.hour) * HOUR_MS;
      continue;
    }
    if (rule.hour.values.has(now.hour)) {
      for (let minute = now.minute; minute < 60; minute += 1) {
        if (rule.minute.values.has(minute)) return at + (minute - now.minute) * MINUTE_MS;
      }
    }
    at += (60 - now.minute) * MINUTE_MS;
  }
  return undefined;
}

export interface Scheduled {
  schedules?: string[] | undefined;
  timezone?: string | undefined;
}

/** Firings of all schedules after an instant and before another, in order; at most so many. */
export function firings(of: Scheduled, after: number, before: number, most: number): number[] {
  const rules = (of.schedules ?? [])
    .map((each) => parseSchedule(each, of.timezone))
    .filter((each) => each !== undefined);
  const heads = rules.map((rule) => ({ rule, at: next(rule, after) }));
  const found: number[] = [];
  while (found.length < most) {
    const soonest = Math.min(...heads.map((head) => head.at ?? Number.POSITIVE_INFINITY));
    if (!(soonest < before)) break;
    found.push(soonest);
    for (const head of heads) if (head.at === soonest) head.at = next(head.rule, soonest);
  }
  return found;
}
