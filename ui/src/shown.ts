// Foreign text made safe for the eye: what hides or turns the line around is shown as a sign.

/** Longest name that is shown; the rest is in its title. */
const NAME_CHARS_MAX = 400;

// Control characters, and marks that change the direction of what follows.
const HIDING = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Lines that end, with the space around them. */
const BREAKS = /[^\S\n]*\n\s*/g;

/** What nearly every name is: nothing in it needs to be looked at closely. */
const PLAIN = /^[ -~]*$/;

/** A name or message for one line. */
export function oneLine(text: string): string {
  const cut = text.length > NAME_CHARS_MAX ? `${text.slice(0, NAME_CHARS_MAX)}…` : text;
  return PLAIN.test(cut) ? cut : cut.replace(BREAKS, ' \u21b5 ').replace(HIDING, '\u2423');
}

/** Whether a message of Argo only names, by its id, a part that broke. */
export const isHearsay = (message: string): boolean => /^child '[^']*' (failed|errored)$/.test(message);

/** What a list says of a run: of one that is over what Argo said, of one that stands still what it waits for. */
export const noteOf = (row: { message: string; finishedAt?: string | null | undefined }, show: (at: number) => string): string =>
  row.finishedAt ? row.message : unquoted(row.message, show);

/** A text of several lines. */
export function manyLines(text: string): string {
  return text.replace(HIDING, (char) => (char === '\n' || char === '\t' ? char : '\u2423'));
}

/** A sentence of the server for people: names without the marks of code, moments as `show` writes them. */
export function unquoted(text: string, show: (at: number) => string = (at) => new Date(at).toISOString()): string {
  return manyLines(text)
    .replace(/`([^`]*)`/g, '“$1”')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (moment) => show(Date.parse(moment)));
}
