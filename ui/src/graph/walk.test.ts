import { expect, it, vi } from 'vitest';
import { actOf, type Walker } from './walk';

const press = (key: string, held: Partial<KeyboardEvent> = {}) =>
  ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held }) as KeyboardEvent;
const walker = (): Walker => ({ walk: vi.fn(), pan: vi.fn(), zoom: vi.fn(), whole: vi.fn(), fold: vi.fn(), leave: vi.fn() });

it('walks by arrows, and moves the picture by arrows with Shift', () => {
  const on = walker();
  actOf(press('ArrowLeft'), on)?.();
  expect(on.walk).toHaveBeenCalledWith('ArrowLeft');
  actOf(press('ArrowDown', { shiftKey: true }), on)?.();
  expect(on.pan).toHaveBeenCalledWith(0, -80);
  expect(on.walk).toHaveBeenCalledTimes(1);
});

it.each([
  ['+', 'zoom'],
  ['-', 'zoom'],
  ['0', 'whole'],
  [' ', 'fold'],
  ['Escape', 'leave'],
] as const)('%s does what it says', (key, means) => {
  const on = walker();
  actOf(press(key), on)?.();
  expect(on[means]).toHaveBeenCalledTimes(1);
});

it('leaves keys of the browser alone', () => {
  for (const held of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) expect(actOf(press('0', held), walker())).toBeUndefined();
  expect(actOf(press('x'), walker())).toBeUndefined();
});
