// Times and durations as people say them.

import { preferences } from './preferences.svelte';
import { text } from './text';

/** A clock that pages can depend on; ticks once a second while the page is visible. */
class Clock {
  now = $state(Date.now());

  constructor() {
    setInterval(() => {
      if (document.visibilityState === 'visible') this.now = Date.now();
    }, 1000);
  }
}

export const clock = new Clock();

export function millis(time: string | null | undefined): number | undefined {
  if (!time) return undefined;
  const value = Date.parse(time);
  return Number.isNaN(value) ? undefined : value;
}

const { units } = text.time;

/** `1m 4s`, `250 ms`, `3d 2h`: the two largest units. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms < 1000) return ms <= 0 ? `0${units.s}` : ms < 1 ? `<1${units.ms}` : `${Math.round(ms)}${units.ms}`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return ms < 10_000 && ms % 1000 ? `${(Math.floor(ms / 100) / 10).toFixed(1)}${units.s}` : `${seconds}${units.s}`;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), units.d],
    [Math.floor(seconds / 3600) % 24, units.h],
    [Math.floor(seconds / 60) % 60, units.m],
    [seconds % 60, units.s],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

/** From a start to an end or until now. */
export function span(from: string | null | undefined, to: string | null | undefined, now: number): number | undefined {
  const start = millis(from);
  if (start === undefined) return undefined;
  const end = millis(to);
  // What goes on is counted in whole seconds: the clock that it is looked at with ticks so.
  return Math.max(0, end === undefined ? Math.floor((now - start) / 1000) * 1000 : end - start);
}

/** How long something took: two equal moments that were told in whole seconds are less than one apart. */
export function took(from: string | null | undefined, to: string | null | undefined, now: number): string {
  const ms = span(from, to, now);
  return ms === 0 && to && !to.includes('.') ? `<1${units.s}` : duration(ms);
}

/** `3 min ago`, `in 2 h`. */
export function relative(time: string | null | undefined, now: number): string {
  const at = millis(time);
  if (at === undefined) return '–';
  const seconds = Math.round((at - now) / 1000);
  const size = Math.abs(seconds);
  const words = text.time;
  // Clocks differ a little, and ours ticks once a second: what has just begun is not to come.
  if (size < 10) return seconds > 2 ? words.soon : words.now;
  const told =
    size < 60
      ? words.seconds(size)
      : size < 3600
        ? words.minutes(Math.round(size / 60))
        : size < 86_400
          ? words.hours(Math.round(size / 3600))
          : words.days(Math.round(size / 86_400));
  return seconds > 0 ? words.ahead(told) : words.ago(told);
}

const two = (count: number) => String(count).padStart(2, '0');

/** The parts of a time in the chosen zone. Written out here: a browser's own format takes longer to make than a page. */
function parts(at: number): [string, string] {
  const utc = preferences.zone === 'utc';
  // The zone's clock is read as if it were of UTC.
  const shown = new Date(utc ? at : at - new Date(at).getTimezoneOffset() * 60_000);
  const day = `${shown.getUTCFullYear()}-${two(shown.getUTCMonth() + 1)}-${two(shown.getUTCDate())}`;
  return [day, `${two(shown.getUTCHours())}:${two(shown.getUTCMinutes())}:${two(shown.getUTCSeconds())}`];
}

export function exact(time: string | number | null | undefined): string {
  const at = typeof time === 'number' ? time : millis(time);
  if (at === undefined || Number.isNaN(at)) return '';
  return `${parts(at).join(' ')}${preferences.zone === 'utc' ? ' UTC' : ''}`;
}

export function ofDay(at: number): string {
  return parts(at)[1];
}

/** A coming moment as short as it can be told: the time of today, or a day with it. */
export function upTo(at: number, now: number): string {
  const [[day, time], [today]] = [parts(at), parts(now)];
  return day === today ? time.slice(0, 5) : `${day} ${time.slice(0, 5)}`;
}

/** An exact moment beside names: without the day if it is today, without the year if it is this one. */
export function briefly(time: string | null | undefined, now: number): string {
  const at = millis(time);
  if (at === undefined) return '';
  const [[day, clock], [today]] = [parts(at), parts(now)];
  if (day === today) return clock;
  return `${day.slice(0, 4) === today.slice(0, 4) ? day.slice(5) : day} ${clock.slice(0, 5)}`;
}

/** The zone of `Intl` that was chosen; nothing for that of this machine. */
export const zoneOf = (): string | undefined => (preferences.zone === 'utc' ? 'UTC' : undefined);

/** Midnight of the day of an instant, or of a later day, in the chosen zone. */
export function midnight(at: number, daysAhead = 0): number {
  const day = new Date(at);
  if (preferences.zone === 'utc') return Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() + daysAhead);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + daysAhead).getTime();
}

/** How a field for a moment writes an instant: the clock of the chosen zone without its name. */
export function localMoment(at: number | string): string {
  const instant = typeof at === 'number' ? at : Date.parse(at);
  return Number.isNaN(instant) ? '' : parts(instant).join('T').slice(0, 16);
}

/** The instant that a field for a moment means. */
export function instantOf(moment: string): number {
  return Date.parse(preferences.zone === 'utc' && moment ? `${moment}Z` : moment);
}
