// Lines that programs write as JSON, and the fields of them that somebody wants to see (UI-164).

/** Fields within fields are named with dots, down to this depth. */
const DEPTH_MAX = 3;
/** Fields that are offered. */
const FIELDS_MAX = 40;

/** The object that a line is, if it is one. */
function objectOf(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The names of the fields of some lines, those of most lines first. */
export function fieldsOf(lines: Iterable<string>): string[] {
  const counts = new Map<string, number>();
  const walk = (object: Record<string, unknown>, lead: string, depth: number) => {
    for (const [key, value] of Object.entries(object)) {
      const name = lead + key;
      const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
      if (isObject && depth < DEPTH_MAX) walk(value as Record<string, unknown>, `${name}.`, depth + 1);
      else counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  };
  for (const line of lines) {
    const object = objectOf(line.trim());
    if (object) walk(object, '', 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, FIELDS_MAX)
    .map(([name]) => name);
}

/** A line with only some of its fields, in the order in which they were chosen; a line that has none of them as it is. */
export function onlyFields(line: string, fields: readonly string[]): string {
  const object = fields.length > 0 ? objectOf(line.trim()) : undefined;
  if (!object) return line;
  const shown = fields.map((field) => told(valueAt(object, field))).filter(Boolean);
  return shown.length > 0 ? shown.join('  ') : line;
}

/** A field may have dots in its own name. */
function valueAt(object: Record<string, unknown>, field: string): unknown {
  if (Object.hasOwn(object, field)) return object[field];
  for (let dot = field.indexOf('.'); dot > 0; dot = field.indexOf('.', dot + 1)) {
    const inner = Object.hasOwn(object, field.slice(0, dot)) ? object[field.slice(0, dot)] : undefined;
    if (inner !== null && typeof inner === 'object') {
      const value = valueAt(inner as Record<string, unknown>, field.slice(dot + 1));
      if (value !== undefined) return value;
    }
  }
  return undefined;
}

function told(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
