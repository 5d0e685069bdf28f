import { expect, it } from 'vitest';
import { hintsOf } from './hints';

it('tells what a manifest leaves open (UI-111)', () => {
  const container = { image: 'busybox' };
  expect(hintsOf({ templates: [{ name: 'main', container }] })).toEqual(['deadline', 'kept', 'user']);
  expect(
    hintsOf({
      ttlStrategy: { secondsAfterCompletion: 60 },
      securityContext: { runAsNonRoot: true },
      templates: [{ name: 'main', container, activeDeadlineSeconds: 60 }],
    }),
  ).toEqual([]);
  expect(hintsOf({ templates: [{ name: 'main', suspend: {} }] })).toEqual(['kept']);
});
