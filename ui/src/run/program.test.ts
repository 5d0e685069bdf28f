import { expect, test } from 'vitest';
import type { NodeStatus, Workflow } from '../api/types';
import { commandLine, lackOf } from './program';

const workflow = {
  metadata: { name: 'demo-x', namespace: 'here' },
  spec: { arguments: { parameters: [{ name: 'code', value: '1' }] } },
} as unknown as Workflow;
const node = { inputs: { parameters: [{ name: 'who', value: 'all of $& them' }] } } as unknown as NodeStatus;
const shown = (...args: string[]) => commandLine({ command: ['sh', '-c'], args }, node, workflow);

test('a command is shown with the values that it got', () => {
  expect(shown('exit {{workflow.parameters.code}}')).toBe('sh -c exit 1');
  expect(shown('greet {{ inputs.parameters.who }} of {{workflow.name}}')).toBe('sh -c greet all of $& them of demo-x');
});

test('what nobody here knows stays a tag', () => {
  expect(shown('{{pod.name}} {{=1 + 1}} {{workflow.parameters.none}}')).toBe(
    'sh -c {{pod.name}} {{=1 + 1}} {{workflow.parameters.none}}',
  );
});

test('a program that the machine lacks is known by the message, or by the exit code of a shell', () => {
  const message = 'main: Error (exit code 64): failed to find name in PATH: exec: "cowsay": executable file not found in $PATH';
  expect(lackOf({ message })).toEqual({ program: 'cowsay' });
  expect(lackOf({ message: 'main: Error (exit code 127)', outputs: { exitCode: '127' } })).toBe('called');
  expect(lackOf({ message: 'main: Error (exit code 1)', outputs: { exitCode: '1' } })).toBeUndefined();
  expect(lackOf({})).toBeUndefined();
});
