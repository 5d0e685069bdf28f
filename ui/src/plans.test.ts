import { expect, it } from 'vitest';
import { merged } from './plans';

// EX-092
it('a parameter is taken whole from the higher level that gives it anything', () => {
  const below = [{ name: 'day', description: 'Which day' }, { name: 'size', value: 'big', enum: ['big', 'small'] }, { name: 'kept', default: 'x' }];
  const above = [{ name: 'size', value: 'small' }, { name: 'kept', description: 'says nothing' }, { name: 'own', value: 1 }];
  expect(merged(below, above)).toEqual([
    { name: 'day', description: 'Which day' },
    { name: 'size', value: 'small' },
    { name: 'kept', default: 'x' },
    { name: 'own', value: 1 },
  ]);
});
