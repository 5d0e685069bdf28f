import { expect, test } from 'vitest';
import type { NodeStatus, Template, Workflow } from '../api/types';
import { lackOf, programsOf } from './program';

const workflow = {
  metadata: { name: 'demo-x', namespace: 'here' },
  spec: { arguments: { parameters: [{ name: 'code', value: '1' }] } },
} as unknown as Workflow;
const node = { inputs: { parameters: [{ name: 'who', value: 'all of $& them' }] } } as unknown as NodeStatus;
const shown = (...args: string[]) => programsOf({ container: { command: ['sh', '-c'], args } } as Template, node, workflow)[0]?.command;

test('a command is shown with the values that it got', () => {
  expect(shown('exit {{workflow.parameters.code}}')).toBe('sh -c exit 1');
  expect(shown('greet {{ inputs.parameters.who }} of {{workflow.name}}')).toBe('sh -c greet all of $& them of demo-x');
});

test('a pod is known by its name', () => {
  const pod = { type: 'Pod', id: 'demo-x', name: 'demo-x' } as NodeStatus;
  const template = { container: { args: ['{{pod.name}}'] } } as Template;
  expect(programsOf(template, pod, workflow)[0]?.command).toBe('demo-x');
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

test('every program of a step is told in the order in which they begin', () => {
  const template = {
    initContainers: [{ name: 'warm', image: 'busybox' }],
    script: { image: 'python:{{inputs.parameters.who}}', command: ['python'], source: 'print("{{workflow.name}}")', workingDir: '/work' },
    sidecars: [{ name: 'db', image: 'postgres', args: ['-x'] }],
  } as unknown as Template;
  const programs = programsOf(template, node, workflow);
  expect(programs.map(({ name, image, command, source }) => [name, image, command, source])).toEqual([
    ['warm', 'busybox', '', undefined],
    ['main', 'python:all of $& them', 'python', 'print("demo-x")'],
    ['db', 'postgres', '-x', undefined],
  ]);
});

test('a member of a set tells of itself alone', () => {
  const template = { containerSet: { containers: [{ name: 'a', image: 'one' }, { name: 'b', image: 'two' }] } } as unknown as Template;
  const member = { type: 'Container', displayName: 'b' } as NodeStatus;
  expect(programsOf(template, member, workflow).map(({ image }) => image)).toEqual(['two']);
});

test('variables tell their value, or where it comes from; what is secret is not told', () => {
  const container = {
    envFrom: [{ prefix: 'DB_', secretRef: { name: 'db' } }, { configMapRef: { name: 'cfg' } }],
    env: [
      { name: 'WHO', value: '{{inputs.parameters.who}}' },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'k' } } },
      { name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    ],
  };
  expect(programsOf({ container } as unknown as Template, node, workflow)[0]?.variables).toEqual([
    { name: 'DB_*', from: { kind: 'secret', name: 'db' } },
    { name: '*', from: { kind: 'config', name: 'cfg' } },
    { name: 'WHO', value: 'all of $& them' },
    { name: 'KEY', from: { kind: 'secret', name: 'keys', key: 'k' } },
    { name: 'HOST', from: { kind: 'field', name: 'spec.nodeName' } },
  ]);
});
