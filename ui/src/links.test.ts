import { describe, expect, it } from 'vitest';
import type { Workflow } from './api/types';
import { filled, isSafe, linksFor, pieces } from './links';

const run = {
  metadata: { name: 'r', namespace: 'n', labels: { 'team.example/a': 'x' } },
  spec: {},
  status: { startedAt: '2026-01-01T00:00:00Z' },
} as unknown as Workflow;

describe('links', () => {
  it('are filled in from the run (UI-251)', () => {
    expect(filled('/${metadata.namespace}/${workflow.metadata.labels.team.example/a}', run, 0)).toBe('/n/x');
    expect(filled('${status.startedAtEpoch}-${status.finishedAtEpoch}', run, 7)).toBe('1767225600000-7');
    expect(filled('[${workflow.spec.nope}][${nope}]', run, 0)).toBe('[][null]');
  });

  it('of a scope name the part they are about, and never lead to a script', () => {
    const all = [
      { name: 'Metrics', scope: 'pod', url: 'https://m.example/${metadata.name}', target: '_blank' },
      { name: 'Bad', scope: 'pod', url: 'javascript:alert(1)' },
      { name: 'Other', scope: 'workflow', url: '/x' },
    ];
    expect(linksFor('pod', all, run, 0, 'r-1')).toEqual([
      { name: 'Metrics', url: 'https://m.example/r-1', target: '_blank' },
    ]);
    expect(isSafe(' java\tscript:alert(1)')).toBe(false);
  });

  it('are found in what a run says (UI-036)', () => {
    expect(pieces('see https://a.example/x?y=1, or (http://b.example).').map((each) => each.text)).toEqual([
      'see ',
      'https://a.example/x?y=1',
      ', or (',
      'http://b.example',
      ').',
    ]);
    expect(pieces('<script>javascript:x</script>')).toEqual([{ text: '<script>javascript:x</script>', isLink: false }]);
  });
});
