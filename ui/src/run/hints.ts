// What a manifest leaves open that costs or risks something later (UI-111).

import type { WorkflowSpec } from '../api/types';

export type Hint = 'deadline' | 'kept' | 'user';

/** Templates that run a program of an image. */
const RUNS_IMAGE = ['container', 'script', 'containerSet'] as const;

export function hintsOf(spec: WorkflowSpec): Hint[] {
  const programs = (spec.templates ?? []).filter((template) => RUNS_IMAGE.some((kind) => template[kind]));
  const limited = spec.activeDeadlineSeconds != null || programs.every((each) => each.activeDeadlineSeconds != null);
  const guarded = Boolean(spec.securityContext) || programs.every((each) => each.securityContext);
  return [
    ...(limited ? [] : ['deadline' as const]),
    ...(spec.ttlStrategy ? [] : ['kept' as const]),
    ...(guarded ? [] : ['user' as const]),
  ];
}
