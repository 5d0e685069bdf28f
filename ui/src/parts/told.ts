// What people are told when the server refused something: what happened, and what can be done.

import type { ApiError } from '../api/client';
import { text } from '../text';

export interface Told {
  what: string;
  next: string;
}

export function toldOf(error: ApiError): Told {
  const words = text.state;
  if (error.status === 0) return { what: words.unreachable, next: words.unreachableHelp };
  if (error.status === 400) return { what: words.misread, next: error.message };
  if (error.status === 403) return { what: words.forbidden, next: error.message };
  if (error.status === 404) return { what: words.missing, next: words.missingHelp };
  if (error.status === 429) return { what: words.busy, next: words.busyHelp };
  if (error.status === 501) return { what: words.absent, next: '' };
  return { what: words.broken, next: error.message };
}
