// What changed between two texts, line by line.

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
  /** Numbers of the line in the old and the new text, from 1. */
  before?: number;
  after?: number;
}

/** Beyond this many edits the rest is shown as taken out and put in. */
const EDITS_MAX = 2000;

/** The shortest way from one text to the other (Myers). */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail += 1;
  const moves = middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const kinds = [...Array<'same'>(head).fill('same'), ...moves, ...Array<'same'>(tail).fill('same')];
  let [x, y] = [0, 0];
  return kinds.map((kind) => {
    if (kind === 'removed') return { kind, text: a[x]!, before: ++x };
    if (kind === 'added') return { kind, text: b[y]!, after: ++y };
    x += 1;
    y += 1;
    return { kind, text: b[y - 1]!, before: x, after: y };
  });
}

function middle(a: string[], b: string[]): DiffLine['kind'][] {
  const [n, m] = [a.length, b.length];
  const wholly = () => [...Array<'removed'>(n).fill('removed'), ...Array<'added'>(m).fill('added')];
  if (n === 0 || m === 0) return wholly();
  // For each number of edits, how far each diagonal came.
  const trace: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= Math.min(n + m, EDITS_MAX); edits += 1) {
    trace.push(new Map(reach));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
      while (x < n && x - k < m && a[x] === b[x - k]) x += 1;
      reach.set(k, x);
      if (x >= n && x - k >= m) return back(trace, n, m);
    }
    reach = new Map(reach);
  }
  return wholly();
}

function back(trace: Map<number, number>[], n: number, m: number): DiffLine['kind'][] {
  const kinds: DiffLine['kind'][] = [];
  let [x, y] = [n, m];
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const reach = trace[edits]!;
    const k = x - y;
    const down = k === -edits || (k !== edits && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const fromX = reach.get(from) ?? 0;
    const fromY = fromX - from;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      kinds.push('same');
      x -= 1;
      y -= 1;
    }
    if (edits === 0) break;
    kinds.push(down ? 'added' : 'removed');
    x = fromX;
    y = fromY;
  }
  return kinds.reverse();
}

/** Lines that changed with a few around them; `skipped` counts what is left out before a line. */
export function hunks(lines: DiffLine[], around = 3): { line: DiffLine; skipped: number }[] {
  const keep = new Set<number>();
  lines.forEach((line, at) => {
    if (line.kind !== 'same') for (let near = at - around; near <= at + around; near += 1) keep.add(near);
  });
  const shown: { line: DiffLine; skipped: number }[] = [];
  let skipped = 0;
  lines.forEach((line, at) => {
    if (!keep.has(at)) skipped += 1;
    else {
      shown.push({ line, skipped });
      skipped = 0;
    }
  });
  return shown;
}
