// How wide names are in the boxes of the graph, counted in usual letters: a worker and a test have no canvas to ask.

/** Longest text that is measured letter by letter; nothing longer fits. */
const MEASURED_MAX = 200;

/** Letters wider than others of their script. */
const WIDE = /[mw@%]/i;

/** How many usual letters a letter is wide. */
const breadth = (letter: string): number => {
  if ((letter.codePointAt(0) ?? 0) >= 0x1100) return 1.75;
  return WIDE.test(letter) ? 1.45 : 1;
};

/** How many usual letters a text is wide; of a very long one not more is known than that. */
export function breadthOf(text: string): number {
  let sum = 0;
  for (const letter of text.slice(0, MEASURED_MAX)) sum += breadth(letter);
  return sum;
}

/** A text that is as wide as so many usual letters at most: of a longer one the middle is left out. */
export function cut(text: string, most: number): string {
  if (text.length * 1.75 <= most) return text;
  const letters = Array.from(text.length > MEASURED_MAX ? text.slice(0, MEASURED_MAX) + text.slice(-MEASURED_MAX) : text);
  const wide = letters.map(breadth);
  if (wide.reduce((sum, each) => sum + each, 0) <= most) return text;
  let front = 0;
  for (let room = (most - 1) * 0.6; front < letters.length && room >= wide[front]!; front += 1) room -= wide[front]!;
  let back = letters.length;
  for (let room = (most - 1) * 0.4; back > front && room >= wide[back - 1]!; back -= 1) room -= wide[back - 1]!;
  return `${letters.slice(0, front).join('')}…${letters.slice(back).join('')}`;
}
