// Links that whoever runs the server configured (UI-250 to UI-252), and links in what was written by others.

import type { Workflow } from './api/types';

export interface Linked {
  name: string;
  url: string;
  target: string | undefined;
}

/** Fills in the variables of a link (UI-251). What is not known of the run is empty, anything else `null`. */
export function filled(url: string, workflow: Workflow, now: number): string {
  const { metadata, status } = workflow;
  const moment = (time: string | null | undefined) => String(time ? Date.parse(time) : now);
  const plain: Record<string, string | undefined> = {
    'metadata.namespace': metadata.namespace,
    'metadata.name': metadata.name,
    'status.startedAt': status?.startedAt ?? undefined,
    'status.finishedAt': status?.finishedAt ?? undefined,
    'status.startedAtEpoch': moment(status?.startedAt),
    'status.finishedAtEpoch': moment(status?.finishedAt),
  };
  return url.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    if (name in plain) return plain[name] ?? 'null';
    if (!name.startsWith('workflow.')) return 'null';
    return within(workflow, name.slice('workflow.'.length));
  });
}

/** A part of an object; keys may hold dots, as those of labels do. */
function within(object: unknown, path: string): string {
  if (object === null || object === undefined) return '';
  if (path === '') return typeof object === 'object' ? JSON.stringify(object) : String(object);
  if (typeof object !== 'object') return '';
  for (const [key, value] of Object.entries(object)) {
    if (path === key) return within(value, '');
    if (path.startsWith(`${key}.`)) {
      const found = within(value, path.slice(key.length + 1));
      if (found) return found;
    }
  }
  return '';
}

interface Configured {
  name: string;
  scope: string;
  url: string;
  target?: string;
}

/** The links of a scope for a run, or for a part of it that has a name of its own. */
export function linksFor(scope: string, all: Configured[], workflow: Workflow, now: number, name?: string): Linked[] {
  const subject = name === undefined ? workflow : { ...workflow, metadata: { ...workflow.metadata, name } };
  return all
    .filter((link) => link.scope === scope)
    .map((link) => ({ name: link.name, url: filled(link.url, subject, now), target: link.target || undefined }))
    .filter((link) => isSafe(link.url));
}

/** Addresses that a page may lead to: never a script. */
export function isSafe(url: string): boolean {
  try {
    return ['http:', 'https:', 'mailto:'].includes(new URL(url, 'http://here.invalid/').protocol);
  } catch {
    return false;
  }
}

/** Longest text that is searched for addresses. */
const SEARCHED_MAX = 20_000;

/** A text cut where addresses begin and end (UI-036). */
export function pieces(text: string): { text: string; isLink: boolean }[] {
  const found: { text: string; isLink: boolean }[] = [];
  let from = 0;
  for (const match of text.slice(0, SEARCHED_MAX).matchAll(/\bhttps?:\/\/[^\s<>"'`]+/g)) {
    // The dot that ends a sentence and the bracket around it are not part of the address.
    const link = match[0].replace(/[.,;:!?)\]}]+$/, '');
    if (!isSafe(link)) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index), isLink: false });
    found.push({ text: link, isLink: true });
    from = match.index + link.length;
  }
  if (from < text.length) found.push({ text: text.slice(from), isLink: false });
  return found;
}
