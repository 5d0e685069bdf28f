// Writes objects as YAML for people to read. Reading is the editor's business.

const PLAIN = /^[A-Za-z0-9_./@%+][A-Za-z0-9_./@%+ -]*$/;
const AMBIGUOUS = /^(true|false|null|yes|no|on|off|y|n|~|[-+.]?[\d.][\d._eE+-]*|0[xob][\da-fA-F]+)$/i;

export function toYaml(value: unknown): string {
  const lines: string[] = [];
  write(value, 0, lines, '');
  return `${lines.join('\n')}\n`;
}

/** Deeper than this is shown as JSON. */
const DEPTH_MAX = 100;

function write(value: unknown, depth: number, lines: string[], lead: string): void {
  const pad = '  '.repeat(depth);
  if (Array.isArray(value) && value.length > 0 && depth < DEPTH_MAX) {
    if (lead) lines.push(lead);
    for (const item of value) {
      const inner: string[] = [];
      write(item, depth + 1, inner, '');
      const [first = '', ...rest] = inner;
      lines.push(`${pad}- ${first.trimStart()}`, ...rest);
    }
  } else if (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    Object.keys(value).length > 0 &&
    depth < DEPTH_MAX
  ) {
    if (lead) lines.push(lead);
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const name = `${pad}${scalar(key)}:`;
      const deep = item !== null && typeof item === 'object' && Object.keys(item).length > 0;
      if (deep) write(item, Array.isArray(item) ? depth : depth + 1, lines, name);
      else write(item, depth + 1, lines, `${name} `);
    }
  } else if (
    typeof value === 'string' &&
    value.includes('\n') &&
    /^[^\u0000-\u0008\u000b-\u001f]*$/.test(value) &&
    !/^\s/.test(value)
  ) {
    const end = value.endsWith('\n') ? (value.endsWith('\n\n') ? '+' : '') : '-';
    const body = value.replace(/\n$/, '').split('\n');
    const inner = '  '.repeat(Math.max(1, depth));
    lines.push(`${lead || pad}|${end}`, ...body.map((line) => (line ? inner + line : '')));
  } else lines.push(`${lead || pad}${scalar(value)}`);
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'null';
  return PLAIN.test(value) && !AMBIGUOUS.test(value) && !value.endsWith(' ') ? value : JSON.stringify(value);
}
