import { expect, test } from 'vitest';
import { asJson, formOf, isJson, type Pairs, withoutPair, withPair, withSchedules, withSetting } from './form';

const CRON = `apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata:
  name: nightly # every night
  labels:
    team: web
spec:
  schedule: "0 2 * * *"
  suspend: true
  workflowSpec:
    entrypoint: main
    arguments:
      parameters:
      - name: who
        value: 'world'
    templates:
    - name: main
      container: {image: busybox}
`;

const group = (text: string, kind: Pairs['kind']): Pairs => formOf(text)!.groups.find((each) => each.kind === kind)!;

test('the form of a schedule has its times, settings and names (UI-204, UI-213)', () => {
  const form = formOf(CRON)!;
  expect(form.schedules).toEqual(['0 2 * * *']);
  expect(form.settings.find(({ name }) => name === 'suspend')?.value).toBe('true');
  expect(form.settings.find(({ name }) => name === 'concurrencyPolicy')?.choices).toContain('Forbid');
  expect(group(CRON, 'labels').pairs).toEqual([{ name: 'team', value: 'web' }]);
  expect(group(CRON, 'parameters').pairs).toEqual([{ name: 'who', value: 'world' }]);
  expect(group(CRON, 'runLabels').path).toEqual(['spec', 'workflowMetadata', 'labels']);
});

test('what is changed changes, and the rest of the text stays as it was', () => {
  const labelled = withPair(CRON, group(CRON, 'labels'), 'tier', 'true');
  expect(labelled).toBe(CRON.replace('    team: web\n', '    team: web\n    tier: "true"\n'));
  const other = withPair(CRON, group(CRON, 'parameters'), 'who', 'moon');
  expect(other).toContain("who\n        value: 'moon'\n");
  expect(other).toContain('# every night');
  const more = withPair(CRON, group(CRON, 'parameters'), 'how', 'loud');
  expect(group(more, 'parameters').pairs.map(({ name }) => name)).toEqual(['who', 'how']);
  expect(group(withPair(CRON, group(CRON, 'runLabels'), 'a', 'b'), 'runLabels').pairs).toEqual([
    { name: 'a', value: 'b' },
  ]);
});

test('the last of a group takes the group with it', () => {
  expect(withoutPair(CRON, group(CRON, 'labels'), 'team')).toBe(CRON.replace('  labels:\n    team: web\n', ''));
  expect(withoutPair(CRON, group(CRON, 'parameters'), 'who')).not.toContain('parameters');
});

test('settings are numbers, words and switches, and empty ones go', () => {
  const setting = (name: string) => formOf(CRON)!.settings.find((each) => each.name === name)!;
  expect(withSetting(CRON, setting('startingDeadlineSeconds'), '30')).toContain('  startingDeadlineSeconds: 30\n');
  expect(withSetting(CRON, setting('suspend'), 'false')).toBe(CRON.replace('  suspend: true\n', ''));
  expect(withSetting(CRON, setting('timezone'), 'Europe/Vienna')).toContain('  timezone: Europe/Vienna\n');
});

test('times become a list', () => {
  const text = withSchedules(CRON, ['0 2 * * *', '0 14 * * *']);
  expect(formOf(text)?.schedules).toEqual(['0 2 * * *', '0 14 * * *']);
  expect(text).not.toContain('schedule:');
});

test('JSON is read and written as JSON (UI-210)', () => {
  const json = asJson(CRON)!;
  expect(isJson(json)).toBe(true);
  expect(JSON.parse(json).spec.suspend).toBe(true);
  const labelled = withPair(json, group(json, 'labels'), 'tier', 'front');
  expect(JSON.parse(labelled).metadata.labels).toEqual({ team: 'web', tier: 'front' });
  expect(asJson(`${CRON}---\n${CRON}`)).toBeUndefined();
});

test('only the first of several objects is changed', () => {
  const two = `${CRON}---\n${CRON}`;
  const text = withPair(two, group(two, 'labels'), 'tier', 'front');
  expect(text.split('tier: front').length).toBe(2);
  expect(text).toContain('\n---\n');
});

test('what cannot be read has no form and stays as it is', () => {
  for (const text of ['a: [', '- 1', 'kind: Secret', '', 'plain', 'kind: {a: b}']) expect(formOf(text)).toBeUndefined();
  expect(withSchedules('a: [', [])).toBe('a: [');
  const bomb = `kind: Workflow\na: &a [${'1,'.repeat(20)}]\nb: &b [${'*a,'.repeat(20)}]\nc: &c [${'*b,'.repeat(20)}]\nd: [${'*c,'.repeat(20)}]\n`;
  expect(formOf(bomb)).toBeUndefined();
  expect(asJson(bomb)).toBeUndefined();
  // Shapes that no manifest has.
  expect(formOf('kind: Workflow\nmetadata: 3\nspec: [1]\n')?.groups[0]?.pairs).toEqual([]);
});
