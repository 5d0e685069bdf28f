// The values that a pipeline was last run with. They may be passwords, so they are kept for this tab only and are gone when
// somebody signs out.

import type { PipelineKind } from './api/argo';

const KEY = 'tiphys-last-used';

type Values = Record<string, string>;
export interface Of {
  kind: PipelineKind;
  namespace: string;
  name: string;
}

const keyOf = ({ kind, namespace, name }: Of): string => `${kind}/${namespace}/${name}`;

function all(): Record<string, Values> {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Record<string, Values>;
  } catch {
    return {};
  }
}

export const lastUsed = (pipeline: Of): Values | undefined => all()[keyOf(pipeline)];

export function keepUsed(pipeline: Of, values: Values): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...all(), [keyOf(pipeline)]: values }));
  } catch {
    // A browser without room forgets, and everything else works.
  }
}

/** Forgets everything that somebody typed here. */
export function forgetTyped(): void {
  try {
    sessionStorage.clear();
  } catch {
    // Nothing was kept then.
  }
}
