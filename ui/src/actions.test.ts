import { describe, expect, it } from 'vitest';
import { changed, fieldOf, isBare } from './actions';
import type { Parameter } from './api/types';

const field = (parameter: Parameter) => ({ ...fieldOf(parameter), bare: isBare(parameter) });

describe('what a run is told', () => {
  const choices = { name: 'env', enum: ['production', 'staging'] } as Parameter;

  it('leaves out what stands as the pipeline says, though its default is not the first choice', () => {
    const env = field({ ...choices, value: 'staging' });
    expect(env.value).toBe('staging');
    expect(changed([env], { env: 'staging' })).toEqual([]);
    expect(changed([env], { env: 'production' })).toEqual(['env=production']);
  });

  it('has every value that nothing else says', () => {
    expect(changed([field(choices)], { env: 'production' })).toEqual(['env=production']);
  });
});
