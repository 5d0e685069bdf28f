import { describe, expect, it } from 'vitest';
import { nodesOf } from './columns';

describe('nodes as columns', () => {
  it('become objects again', () => {
    const nodes = nodesOf({
      count: 3,
      strings: ['a', 'b', 'Pod', 'it broke', 'today'],
      columns: {
        boundaryID: { strings: [-1, 0, 0] },
        children: { at: [0], lists: [[1, 1]] },
        finishedAt: { strings: [-2, 4, -1] },
        id: { strings: [0, 1, 1] },
        message: { at: [2], strings: [3] },
        outputs: { at: [0, 1], values: [{ result: '1' }, null] },
        type: { strings: [2, 2, 2] },
        weight: { values: [1, null, 2] },
      },
    });
    expect(nodes).toEqual([
      { children: ['b', 'b'], finishedAt: null, id: 'a', outputs: { result: '1' }, type: 'Pod', weight: 1 },
      { boundaryID: 'a', finishedAt: 'today', id: 'b', outputs: null, type: 'Pod' },
      { boundaryID: 'a', id: 'b', message: 'it broke', type: 'Pod', weight: 2 },
    ]);
  });

  it('may be none', () => {
    expect(nodesOf({ count: 0, strings: [], columns: {} })).toEqual([]);
  });
});
