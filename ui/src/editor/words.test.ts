import { describe, expect, it } from 'vitest';
import { fieldAt, wordsAt } from './words';

/** What is offered where the bar stands. */
function offered(text: string): string[] {
  const at = text.indexOf('‸');
  return wordsAt(text.replace('‸', ''), at)?.words.map(({ word }) => word) ?? [];
}

const MANIFEST = `kind: Workflow
spec:
  entrypoint: main
  templates:
  - name: main
    inputs:
      parameters:
      - name: who
    steps:
    - - name: greet
        template: say
  - script:
      image: busybox
      source: |
        echo: not a field
    name: say
`;

describe('what can be written', () => {
  it.each([
    ['at the top', '‸', 'metadata', 'container'],
    ['in the specification', 'spec:\n  ‸', 'templates', 'image'],
    ['in a template', 'spec:\n  templates:\n    - name: a\n      ‸', 'retryStrategy', 'schedules'],
    ['in a new item', 'spec:\n  templates:\n  - ‸', 'name', 'entrypoint'],
    ['in a container', 'spec:\n  templates:\n  - name: a\n    container:\n      ‸', 'image', 'source'],
    ['in a step of a step', `${MANIFEST.split('        template')[0]}        ‸`, 'withItems', 'dependencies'],
    ['under a name of its own', 'spec:\n  hooks:\n    done:\n      ‸', 'expression', 'entrypoint'],
    ['in a schedule', 'kind: CronWorkflow\nspec:\n  ‸', 'workflowSpec', 'entrypoint'],
    ['in the second document', 'kind: Workflow\n---\nkind: CronWorkflow\nspec:\n  ‸', 'schedules', 'entrypoint'],
  ])('%s', (_, text, among, notAmong) => {
    const words = offered(text);
    expect(words).toContain(among);
    expect(words).not.toContain(notAmong);
  });

  it('is nothing below what the schema does not know', () => {
    expect(offered('metadata:\n  labels:\n    ‸')).toEqual([]);
    expect(offered('spec:\n  nonsense:\n    ‸')).toEqual([]);
  });

  it('is a choice, yes or no, or a template where the field says so', () => {
    const strategy = 'spec:\n  templates:\n  - name: a\n    retryStrategy:\n      retryPolicy: ‸';
    expect(offered(strategy)).toEqual(['Always', 'OnFailure', 'OnError', 'OnTransientError']);
    expect(offered('spec:\n  suspend: ‸')).toEqual(['true', 'false']);
    expect(offered(MANIFEST.replace('template: say', 'template: ‸'))).toEqual(['main', 'say']);
  });

  it('is a name that is declared elsewhere, in quotes and on one line, too', () => {
    const greet = (given: string) => MANIFEST.replace('template: say', `template: main\n        arguments:\n          parameters:\n          - ${given}`);
    expect(offered(greet('name: ‸'))).toEqual(['who']);
    expect(offered(greet('name: "‸"'))).toEqual(['who']);
    expect(offered(MANIFEST.replace('template: say', 'template: "‸"'))).toEqual(['main', 'say']);
    expect(offered(MANIFEST.replace('entrypoint: main', "entrypoint: 'm‸'"))).toEqual(['main', 'say']);
    expect(offered(MANIFEST.replace('- - name: greet\n        template: say', '- [{name: greet, template: ‸}]'))).toEqual(['main', 'say']);
    expect(offered('spec:\n  templates:\n  - name: "‸"')).toEqual([]);
    expect(offered('spec:\n  entrypoint: ma‸in')).toEqual([]);
  });

  it('is a task beside it, or a template that the server keeps', () => {
    const tasks = 'spec:\n  templates:\n  - name: d\n    dag:\n      tasks:\n      - name: a\n        template: x\n      - {name: b, template: x}\n      - name: c\n';
    expect(offered(`${tasks}        dependencies: [a, ‸`)).toEqual(['a', 'b', 'c']);
    expect(offered(`${tasks}        depends: "a && ‸`)).toEqual(['a', 'b', 'c']);
    const at = 'spec:\n  workflowTemplateRef:\n    name: ';
    expect(wordsAt(at, at.length, { templates: ['build'] })?.words).toEqual([{ word: 'build' }]);
  });

  it('does not begin what Argo 4 gave up', () => {
    expect(offered('kind: CronWorkflow\nspec:\n  ‸')).not.toContain('schedule');
  });
});

describe('what a field is', () => {
  it('is told where its name stands', () => {
    const at = MANIFEST.indexOf('steps:') + 2;
    expect(fieldAt(MANIFEST, at)).toMatchObject({ name: 'steps', field: { holds: 'WorkflowStep' } });
    expect(fieldAt(MANIFEST, MANIFEST.indexOf('busybox'))).toBeUndefined();
    const gone = 'kind: CronWorkflow\nspec:\n  schedule: x';
    expect(fieldAt(gone, gone.indexOf('schedule:'))?.field.gone).toMatch(/schedules/);
  });
});
