// What people do, done in Chromium against the real binary over state that it made itself.
// TIPHYS names the binary; PAGES=dist takes the pages from the build folder. Usage: node journeys/real.mjs [part of a name…]

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { APPROVAL, EMPTY, FAILING, FILES, LONG, PAUSED, start } from '../fixture/real.mjs';
import { isCurrent } from '../schema.mjs';
import { accessible, go, settled, surplus } from './harness.mjs';

/** As long as nobody who is new here should take for any of it. */
const MINUTE_MS = 60_000;

const journeys = [];
const journey = (name, options, act) => journeys.push({ name, options: { state: 'small', ...options }, act });

// First, as its state takes longest to make.
journey('of a hundred thousand runs one is found, and pages go on and back', { state: 'many' }, async ({ page, server }) => {
  const { items, total } = await server.api('GET', '/api/tiphys/v1/runs?archived=any&count=true&limit=1');
  assert.equal(total, process.env.MANY_RUNS ? 100_000 : 1000);
  await page.goto(`${server.url}runs`);
  const rows = page.locator('tbody tr');
  const first = page.locator('tbody .which div a').first();
  await page.getByRole('link', { name: items[0].name, exact: true }).waitFor();
  assert.equal(await rows.count(), 50, 'a page is a page, however many there are');
  await page.getByRole('button', { name: 'Older' }).click();
  await page.getByRole('link', { name: items[0].name, exact: true }).waitFor({ state: 'detached' });
  assert.notEqual(await first.textContent(), items[0].name);
  await page.goBack();
  await page.getByRole('link', { name: items[0].name, exact: true }).waitFor();
  const sought = items[0].name.replace(/\d+$/, (digits) => '777'.padStart(digits.length, '0'));
  await page.getByLabel('Name contains').fill(sought);
  await page.getByRole('link', { name: sought, exact: true }).waitFor();
  assert.equal(await rows.count(), 1);
  await page.getByRole('link', { name: sought, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: sought }).waitFor();
});

journey('from an empty server to a running workflow with its log in two clicks', { state: 'empty', own: true }, async ({ page, server }) => {
  const began = performance.now();
  let clicks = 0;
  const click = async (what) => {
    clicks += 1;
    await what.click();
  };
  await page.goto(server.url);
  await click(page.getByRole('link', { name: 'Run an example' }));
  await page.getByText('No problems found').waitFor();
  await click(page.getByRole('button', { name: 'Run', exact: true }));
  await page.waitForURL(/runs\/default\//);
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  // A run of one step shows what it wrote by itself.
  await page.getByText('hello world', { exact: true }).waitFor();
  assert.equal(clicks, 2);
  assert.ok(performance.now() - began < MINUTE_MS, 'it took a minute and more');
});

journey('the types of the interface are those of the server', { state: 'empty' }, async ({ server }) => {
  const description = await server.api('GET', '/api/tiphys/v1/openapi.json');
  assert.ok(isCurrent(description), 'src/api/schema.ts is old; make it anew with: npm run schema');
});

journey('a long log opens at its end, is searched by the server, and grows', {}, async ({ page, server }) => {
  await server.run('long', LONG);
  await server.until('long', (status) => Object.values(status.nodes ?? {}).some((node) => node.type === 'Suspend'));
  const run = await server.get('long');
  const node = Object.values(run.status.nodes).find((each) => each.type === 'Pod' && each.displayName === 'writes');
  await page.goto(`${server.url}runs/default/long?view=tree&node=${node.id}&tab=logs`);
  await page.getByText('line 20000 of many').waitFor();
  await page.getByLabel('Search in the log').fill('line 777 of');
  await page.getByText('1 of 1', { exact: true }).waitFor();
  await page.getByLabel('Search in the log').press('Enter');
  await page.getByText('line 777 of many').waitFor();
  assert.ok((await page.locator('.line').count()) < 200, 'only what is in view is drawn');
  // More hits than are asked for at once are known to be more.
  await page.getByLabel('Search in the log').fill('of many');
  await page.getByText('1 of 1,000+').waitFor();
  await page.getByRole('button', { name: 'Search by a regular expression' }).click();
  await page.getByLabel('Search in the log').fill('line 7{3} of|12345$');
  await page.getByText('1 of 2', { exact: true }).waitFor();
  await page.getByLabel('Search in the log').fill('(');
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'First error' }).click();
  await page.getByText('ERROR in line 12345').waitFor();
});

for (const state of ['empty', 'small']) {
  journey(`every page stands over ${state} state`, { state, own: true }, async ({ page, server }) => {
    for (const address of [
      '',
      'runs',
      'pipelines',
      'schedules',
      'schedules?view=calendar',
      'approvals',
      'inbox',
      'locks',
      'compare',
      'new',
      'settings',
    ]) {
      await page.goto(server.url + address);
      await page.getByRole('heading', { level: 1 }).or(page.locator('.empty')).first().waitFor();
      await settled(page);
      assert.equal(await page.getByRole('alert').count(), 0, `${address || 'home'} shows an error`);
      assert.ok((await surplus(page)) <= 0, `${address || 'home'} is too wide`);
    }
  });
}

journey('home is accessible', {}, async ({ page, server }) => {
  await page.goto(server.url);
  await page.getByRole('link', { name: 'broken' }).first().waitFor();
  await accessible(page, 'home');
});

journey('what goes on and what failed is on Home, however many runs came since', { state: 'empty', own: true }, async ({ page, server }) => {
  await server.run('nightly-train', PAUSED);
  await server.run('broken', FAILING);
  await server.until('broken', (status) => status.phase === 'Failed');
  const names = Array.from({ length: 301 }, (_, at) => `quick-${at}`);
  const work = async () => {
    for (let name = names.pop(); name; name = names.pop()) await server.run(name, EMPTY);
  };
  await Promise.all(Array.from({ length: 8 }, work));
  await page.goto(server.url);
  const region = (name) => page.getByRole('region', { name });
  await region('Running now').getByRole('link', { name: 'nightly-train' }).waitFor();
  await region('Failed lately').getByRole('link', { name: 'broken' }).waitFor();
  await page.getByRole('heading', { level: 1, name: '1 run failed in the last day' }).waitFor();
  // Changes of what is not among the newest are told as well.
  await server.api('PUT', '/api/v1/workflows/default/nightly-train/terminate', { namespace: 'default', name: 'nightly-train' });
  await region('Failed lately').getByRole('link', { name: 'nightly-train' }).waitFor();
  await region('Running now').getByText('Nothing runs.').waitFor();
});

/** A template with parameters and a loop, and what takes everything from it. */
const TEAM = `
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: report}
spec:
  entrypoint: main
  arguments: {parameters: [{name: day, value: monday, description: Which day}]}
  templates:
    - name: main
      steps:
        - - {name: begin, template: say}
        - - {name: many, template: say, withSequence: {count: '3000'}, when: '{{steps.begin.outputs.result}} == sunday'}
        - - {name: never, template: say, when: '{{workflow.parameters.day}} == sunday'}
    - name: say
      script: {image: busybox, command: [sh], source: 'echo {{workflow.parameters.day}}'}
---
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: nightly-report}
spec: {schedules: ['0 3 * * *'], workflowSpec: {workflowTemplateRef: {name: report}}}
`;
const USER = `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: user-}
spec:
  entrypoint: main
  templates:
    - name: main
      dag: {tasks: [{name: uses, templateRef: {name: report, template: main}}]}
`;

journey('what a pipeline takes from a template is planned and asked for', { state: 'empty', own: true }, async ({ page, server }) => {
  await server.api('POST', '/api/tiphys/v1/apply', { namespace: 'default', text: TEAM });
  await page.goto(`${server.url}pipelines/CronWorkflow/default/nightly-report?tab=plan`);
  const graph = page.getByRole('application');
  await page.locator('[data-boxes="4"]').waitFor();
  await graph.focus();
  for (const _ of ['main', 'begin', 'many']) await graph.press('ArrowDown');
  await page.getByText(/^many.*Planned 3,000 times/).waitFor();
  await page.getByRole('region', { name: 'What many will be' }).getByText('{{steps.begin.outputs.result}} == sunday').waitFor();
  await graph.press('ArrowDown');
  await page.getByRole('region', { name: 'What never will be' }).getByText('monday == sunday').waitFor();
  await page.getByLabel('day').waitFor();
  await page.getByText('Which day').waitFor();
  // Home asks as well, and what is said there is what runs.
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Run nightly-report' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('day').fill('tuesday');
  await dialog.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: /^nightly-report/ }).waitFor();
  const name = new URL(page.url()).pathname.split('/').pop();
  await server.until(name, ({ phase }) => phase === 'Succeeded');
  assert.deepEqual((await server.get(name)).spec.arguments.parameters, [{ name: 'day', value: 'tuesday' }]);
});

journey('the plan of what is written shows what it takes from kept templates', { state: 'empty', own: true }, async ({ page, server }) => {
  await server.api('POST', '/api/tiphys/v1/apply', { namespace: 'default', text: TEAM });
  await page.goto(`${server.url}new`);
  await page.evaluate((text) => sessionStorage.setItem('tiphys-draft', text), USER);
  await page.goto(`${server.url}new`);
  await page.getByRole('group', { name: 'Plan' }).locator('[data-boxes="5"]').waitFor();
});

journey('from Home to the failing line in one click', {}, async ({ page, server }) => {
  await page.goto(server.url);
  await page.getByRole('region', { name: 'Failed lately' }).getByRole('link', { name: 'broken' }).click();
  await page.getByText('ERROR price_test: expected 10.00 but got 9.99', { exact: true }).waitFor();
  await page.getByText('exit code 3').first().waitFor();
});

journey('from a red bar on Home to the failing line of the log in two clicks', {}, async ({ page, server }) => {
  const script = (name, source) => ({ name, script: { image: 'busybox', command: ['sh'], source } });
  await server.put('workflow-templates/default', 'template', {
    kind: 'WorkflowTemplate',
    metadata: { name: 'fragile' },
    spec: { entrypoint: 'main', templates: [script('main', 'seq 30; echo "ERROR glass_test: it broke" >&2; exit 4')] },
  });
  const { metadata } = await server.api('POST', '/api/v1/workflows/default/submit', {
    namespace: 'default',
    resourceKind: 'WorkflowTemplate',
    resourceName: 'fragile',
    submitOptions: {},
  });
  await server.until(metadata.name, (status) => status.phase === 'Failed');
  const began = performance.now();
  await page.goto(server.url);
  await page.getByRole('row', { name: /fragile/ }).locator('.bar.failed').click();
  await page.getByRole('tabpanel').getByText('ERROR glass_test: it broke', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Whole log' }).click();
  await page.locator('.line').getByText('ERROR glass_test: it broke', { exact: true }).waitFor();
  assert.ok(performance.now() - began < MINUTE_MS);
});

journey('from a waiting step to its reason in one click', {}, async ({ page, server }) => {
  await page.goto(`${server.url}runs/default/release?view=tree`);
  await page.getByRole('treeitem', { name: /Planned deploy/ }).click();
  await page
    .getByText(/waits for/)
    .first()
    .waitFor();
});

journey('a person approves with a choice, and the run goes on by itself', {}, async ({ page, server }) => {
  await server.run('to-approve', APPROVAL);
  await page.goto(`${server.url}runs/default/to-approve?view=tree`);
  await page.getByRole('treeitem', { name: /Waits for you approve/ }).click();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('dialog').getByLabel('decision').selectOption('hold');
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await page.getByText('was approved').waitFor();
  await page.getByRole('treeitem', { name: /Succeeded deploy/ }).waitFor();
  const run = await server.until('to-approve', (status) => status.phase === 'Succeeded');
  const approved = Object.values(run.status.nodes).find((node) => node.type === 'Suspend');
  assert.equal(approved.outputs.parameters[0].value, 'hold');
});

journey('who resumes what waits for an answer is told which one, and where it is given', {}, async ({ page, server }) => {
  const ask = { name: 'ask', suspend: {}, outputs: { parameters: [{ name: 'colour', valueFrom: { supplied: {} } }] } };
  await server.run('wants-colour', { entrypoint: 'ask', templates: [ask] });
  await server.until('wants-colour', (status) => Object.values(status.nodes ?? {}).some((node) => node.type === 'Suspend'));
  await page.goto(`${server.url}runs?search=wants-colour`);
  await page.getByRole('button', { name: 'More actions: wants-colour' }).click();
  await page.getByRole('menuitem', { name: 'Resume' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await dialog.getByText('A step waits for somebody to say “colour”').waitFor();
});

journey('who waits for a person is on the page of approvals', {}, async ({ page, server }) => {
  await page.goto(`${server.url}approvals`);
  await page.getByRole('link', { name: 'approve' }).first().waitFor();
  await page.getByRole('button', { name: 'Approve' }).first().waitFor();
});

journey('what begins to wait, and what is decided elsewhere, shows without asking again', {}, async ({ page, server }) => {
  await page.goto(`${server.url}approvals`);
  const item = page.getByRole('listitem').filter({ hasText: 'comes-later' });
  await page.getByRole('link', { name: 'approve' }).first().waitFor();
  await server.run('comes-later', APPROVAL);
  await item.waitFor();
  await server.api('PUT', '/api/v1/workflows/default/comes-later/terminate', {});
  await item.waitFor({ state: 'detached' });
});

journey('a delivery that matches nothing comes into an open inbox by itself', {}, async ({ page, server }) => {
  await page.goto(`${server.url}inbox`);
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
  await settled(page);
  // Any token lets it in when nobody is asked for one.
  const sent = await fetch(`${server.origin}/api/v1/events/default/unheard-of`, {
    method: 'POST',
    headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
    body: JSON.stringify({ nobody: 'waits for this' }),
  });
  assert.equal(sent.status, 200);
  await page.getByRole('listitem').filter({ hasText: 'default/unheard-of' }).getByRole('img', { name: 'unmatched' }).waitFor();
});

journey('a suspended run is known in lists, and runs are found by their message', {}, async ({ page, server }) => {
  await server.run('held-back', APPROVAL);
  await server.api('PUT', '/api/v1/workflows/default/held-back/suspend', {});
  await page.goto(`${server.url}runs?search=held-back`);
  await page.getByRole('row', { name: /held-back/ }).getByRole('img', { name: 'Suspended' }).waitFor();
  await page.goto(`${server.url}runs`);
  await page.getByRole('link', { name: 'held-back' }).waitFor();
  await page.getByLabel('Message contains').fill('exit code 3');
  // The rows that were there stay until the answer comes: only then does the one that must be there count.
  await page.getByRole('link', { name: 'held-back' }).waitFor({ state: 'detached' });
  await page.getByRole('row', { name: /broken/ }).locator('.message').getByText('integration: main: Error (exit code 3)').waitFor();
});

journey('a run that waits for a person says so in lists, on Home and at its top, where it is let go on', {}, async ({ page, server }) => {
  await server.run('asks', APPROVAL);
  await page.goto(`${server.url}runs?search=asks`);
  await page.getByRole('row', { name: /asks/ }).getByRole('link', { name: 'Waiting for approval' }).waitFor();
  await page.goto(server.url);
  await page.getByRole('region', { name: /Running/ }).getByRole('listitem').filter({ hasText: 'asks' }).getByText('Waiting for approval').waitFor();
  await page.goto(`${server.url}runs/default/asks`);
  await page.locator('.line').getByText('Waiting for approval').waitFor();
  await page.getByRole('group', { name: 'Waits for a person' }).getByRole('button', { name: /^Approve/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await page.locator('.line').getByText('Succeeded').waitFor();
});

journey('on a narrow screen a run says below its name that it waits, and is let go on there', { width: 380 }, async ({ page, server }) => {
  await server.run('let-in-below', APPROVAL);
  await server.run('held-below', PAUSED);
  await server.api('PUT', '/api/v1/workflows/default/held-below/suspend', {});
  await page.goto(`${server.url}runs?search=below`);
  await page.getByRole('row', { name: /let-in-below/ }).getByRole('link', { name: 'Waiting for approval' }).waitFor();
  const held = page.getByRole('row', { name: /held-below/ });
  await held.locator('.which').getByText('Suspended', { exact: true }).waitFor();
  await accessible(page, 'the list of runs that wait');
  assert.ok((await surplus(page)) <= 0, 'the page is no wider than the screen');
  await held.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await held.getByRole('img', { name: 'Succeeded' }).waitFor();
});

journey('a suspension that ends by itself says when, and asks nobody', {}, async ({ page, server }) => {
  const rest = { name: 'rest', suspend: { duration: '1h' } };
  const items = [{ name: 'rests', template: 'rest', withItems: ['a', 'b'] }];
  await server.run('rests', { entrypoint: 'main', templates: [{ name: 'main', steps: [items] }, rest] });
  await page.goto(`${server.url}runs/default/rests?view=tree`);
  await page.getByRole('treeitem', { name: /Suspended until [-\d ]*\d\d:\d\d rests\(0:a\)/ }).click();
  await page.getByText('waits until').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Approve' }).count(), 0);
  await page.getByRole('button', { name: 'Go on now' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Go on now' }).click();
  await page.getByRole('treeitem', { name: /Succeeded rests\(0:a\)/ }).waitFor();
  await page.goto(`${server.url}runs/default/rests?view=timeline`);
  await page.getByRole('option', { name: /Suspended until .*rests\(1:b\)/ }).waitFor();
  assert.equal(await page.getByText('Waits for you').count(), 0);
  assert.equal(await page.getByRole('img', { name: 'Waits for you' }).count(), 0);
});

/** Waits for a lock that another run holds. */
const LOCKED = { ...PAUSED, synchronization: { mutexes: [{ name: 'one' }] } };

journey('a run that waits for its own lock shows its plan, and says what it waits for', {}, async ({ page, server }) => {
  await server.run('holds', LOCKED);
  await server.until('holds', (status) => Object.keys(status.nodes ?? {}).length > 0);
  await server.run('queues', LOCKED);
  await page.goto(`${server.url}runs/default/queues?view=tree`);
  const notice = page.getByText(/waiting for default\/Mutex\/one lock/i).first();
  await notice.getByText('held by').waitFor();
  assert.match(await notice.getByRole('link', { name: 'holds', exact: true }).getAttribute('href'), /runs\/default\/holds$/);
  await page.getByRole('treeitem', { name: /Planned deploy/ }).click();
  await page.getByText('waits until the run may begin').waitFor();
  await server.api('PUT', '/api/v1/workflows/default/holds/resume', {});
  await page.getByRole('treeitem', { name: /Waits for you pause/ }).waitFor();
});

journey('of a run that stands still lists, Home and its page say why, and rows are not left behind', {}, async ({ page, server }) => {
  const quick = { name: 'quick', script: { image: 'busybox', command: ['sh'], source: 'true' } };
  const locked = { ...quick, name: 'locked', synchronization: { mutexes: [{ name: 'held' }] } };
  await server.run('keeps', { ...PAUSED, synchronization: { mutexes: [{ name: 'held' }] } });
  await server.until('keeps', (status) => Object.keys(status.nodes ?? {}).length > 0);
  const steps = [[{ name: 'first', template: 'quick' }], [{ name: 'second', template: 'locked' }]];
  await server.run('still', { entrypoint: 'main', templates: [{ name: 'main', steps }, quick, locked] });
  await page.goto(`${server.url}runs?search=still&match=Exact`);
  const row = page.getByRole('row').filter({ hasText: 'still' });
  await row.locator('td.message').getByText('second: waits for the lock “default/Mutex/held”').waitFor();
  await row.getByText('1/2').waitFor();
  await page.goto(server.url);
  await page.getByRole('listitem').filter({ hasText: 'still' }).getByText('waits for the lock').waitFor();
  await page.goto(`${server.url}runs/default/still`);
  const strip = page.getByRole('group', { name: 'Nothing goes on now' });
  await strip.getByRole('link', { name: 'Locks' }).waitFor();
  await strip.getByText('held by').getByRole('link', { name: 'keeps' }).waitFor();
  await page.goto(`${server.url}locks`);
  await page.getByRole('cell', { name: /^still › second/ }).waitFor();
  await page.goto(`${server.url}runs/default/still`);
  await strip.getByRole('button', { name: 'second' }).click();
  await page.getByRole('tabpanel').getByRole('link', { name: 'keeps' }).waitFor();
  await page.getByRole('tabpanel').getByText('waits for the lock').waitFor();
  await server.api('PUT', '/api/v1/workflows/default/keeps/terminate', {});
  await page.getByRole('tabpanel').getByText('waits for the lock').waitFor({ state: 'detached' });
  await strip.waitFor({ state: 'detached' });
});

journey('who comes from images is told why a program is not there', {}, async ({ page, server }) => {
  const says = { name: 'says', container: { image: 'docker/whalesay', command: ['no-such-cow'] } };
  const calls = { name: 'calls', script: { image: 'busybox', command: ['sh'], source: 'no-such-cow' } };
  for (const [name, template] of [['lacks', says], ['lacks-within', calls]]) {
    await server.run(name, { entrypoint: template.name, templates: [template] });
    await server.until(name, (status) => Boolean(status.finishedAt));
  }
  await page.goto(`${server.url}runs/default/lacks`);
  await page.getByText('“no-such-cow” is not on the machine that ran this step').waitFor();
  await page.goto(`${server.url}runs/default/lacks-within`);
  await page.getByText('A program that this step calls is not on the machine').waitFor();
});

journey('a step that parallelism holds back says so', {}, async ({ page, server }) => {
  const work = { name: 'work', script: { image: 'busybox', command: ['sh'], source: 'sleep 60' } };
  const task = (name) => ({ name, template: 'work' });
  const main = { name: 'main', parallelism: 1, dag: { tasks: [task('first'), task('second')] } };
  await server.run('narrow', { entrypoint: 'main', templates: [main, work] });
  await page.goto(`${server.url}runs/default/narrow?view=tree`);
  await page.getByRole('treeitem', { name: /Planned second/ }).click();
  await page.getByText('waits for parallelism of the template “main” (1 of 1 running)').waitFor();
  await server.api('PUT', '/api/v1/workflows/default/narrow/terminate', {});
});

journey('short steps have exact times, and a log comes on the stream of its run', {}, async ({ page, server }) => {
  const streams = new Set();
  page.on('request', (request) => request.headers().accept === 'text/event-stream' && streams.add(request));
  for (const event of ['requestfinished', 'requestfailed']) page.on(event, (request) => streams.delete(request));
  const script = (name, source) => ({ name, script: { image: 'busybox', command: ['sh'], source } });
  const steps = [[{ name: 'short', template: 'short' }], [{ name: 'ticks', template: 'ticks' }]];
  await server.run('quick', {
    entrypoint: 'main',
    templates: [{ name: 'main', steps }, script('short', 'sleep 0.2'), script('ticks', 'for i in $(seq 200); do echo tick $i; sleep 0.2; done')],
  });
  await page.goto(`${server.url}runs/default/quick?view=tree`);
  await page.getByRole('treeitem', { name: /Succeeded short/ }).getByText(/^\d{3}ms$/).waitFor();
  await page.getByRole('treeitem', { name: /Running ticks/ }).click();
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByText('tick 2', { exact: true }).waitFor();
  await page.getByText('tick 9', { exact: true }).waitFor();
  assert.equal(streams.size, 1, [...streams].map((stream) => stream.url()).join(' '));
  // Who reads something else, and comes back, misses nothing; and the run is still told.
  await page.getByRole('tab', { name: 'Summary' }).click();
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByText('tick 16', { exact: true }).waitFor();
  await server.api('PUT', '/api/v1/workflows/default/quick/terminate', {});
  await page.getByRole('treeitem', { name: /Failed ticks/ }).waitFor();
  assert.equal(streams.size, 1);
  await page.goto(`${server.url}compare?a=default/quick&b=default/quick&all=true`);
  await page.getByRole('row', { name: /short/ }).getByRole('cell', { name: /^Succeeded \d{3}ms$/ }).first().waitFor();
});

journey('a large run that only the archive keeps has its times to the millisecond, in every view', {}, async ({ page, server }) => {
  const script = (name, source) => ({ name, script: { image: 'busybox', command: ['sh'], source } });
  const many = { name: 'many', template: 'short', withSequence: { count: '260' }, when: '{{item}} < 0' };
  await server.run('large', {
    entrypoint: 'main',
    templates: [{ name: 'main', steps: [[{ name: 'short', template: 'short' }], [many]] }, script('short', 'sleep 0.2')],
  });
  const over = await server.until('large', (status) => status.phase === 'Succeeded');
  assert.ok(Object.keys(over.status.nodes).length > 260);
  await server.api('DELETE', '/api/v1/workflows/default/large');
  const of = `uid=${over.metadata.uid}`;
  await page.goto(`${server.url}runs/default/large?view=tree&${of}`);
  const step = page.getByRole('treeitem', { name: /Succeeded short/ });
  const took = await step.getByText(/^\d{3}ms$/).textContent();
  await page.goto(`${server.url}runs/default/large?view=timeline&${of}`);
  await page.getByRole('option').filter({ hasText: 'short' }).first().getByText(took, { exact: true }).waitFor();
  await page.goto(`${server.url}compare?a=default/large&b=default/large&all=true`);
  await page.getByRole('row', { name: /short/ }).getByRole('cell', { name: `Succeeded ${took}` }).first().waitFor();
});

journey('a step whose files are being saved says so, until they are', {}, async ({ page, server }) => {
  // Whoever takes the file takes it when the journey says so.
  let take;
  const taken = new Promise((resolve) => (take = resolve));
  const shelf = createServer((request, response) => {
    request.resume();
    request.once('end', () => void taken.then(() => response.end()));
  });
  await new Promise((resolve) => shelf.listen(0, '127.0.0.1', resolve));
  try {
    await server.run('saves', {
      entrypoint: 'main',
      templates: [
        {
          name: 'main',
          script: { image: 'busybox', command: ['sh'], source: 'echo written; echo much > /tmp/much.txt' },
          outputs: { artifacts: [{ name: 'much', path: '/tmp/much.txt', archive: { none: {} }, http: { url: `http://127.0.0.1:${shelf.address().port}/much.txt` } }] },
        },
      ],
    });
    await page.goto(`${server.url}runs/default/saves`);
    const panel = page.getByRole('tabpanel');
    await panel.getByText('its files are being saved').waitFor();
    await page.goto(`${server.url}runs?search=saves&match=Exact`);
    await page.getByRole('row').filter({ hasText: 'saves' }).locator('td.message').getByText('its files are being saved').waitFor();
    await page.goto(`${server.url}runs/default/saves`);
    await panel.getByText('its files are being saved').waitFor();
    const answered = await server.get('saves');
    assert.equal(answered.status.phase, 'Running');
    take();
    await panel.getByText('its files are being saved').waitFor({ state: 'detached' });
    await page.getByText('Succeeded', { exact: true }).first().waitFor();
  } finally {
    take();
    shelf.close();
  }
});

journey('a run is suspended, resumed, stopped, retried, resubmitted and deleted', {}, async ({ page, server }) => {
  await server.run('subject', APPROVAL);
  await page.goto(`${server.url}runs/default/subject?view=tree`);
  await page.getByRole('treeitem', { name: /Waits for you approve/ }).waitFor();
  const act = async (verb) => {
    const button = page.locator('.line').getByRole('button', { name: verb, exact: true });
    const more = page.locator('.line').getByRole('button', { name: 'More actions' });
    await more.waitFor();
    if (await button.count()) await button.click();
    else {
      await more.click();
      await page.getByRole('menuitem', { name: verb, exact: true }).click();
    }
    await page.getByRole('dialog').getByRole('button', { name: verb, exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  };
  await act('Suspend');
  await page.getByText('This run is suspended').waitFor();
  await act('Stop');
  await page.getByText('Failed', { exact: true }).first().waitFor();
  await act('Retry');
  await page.getByRole('treeitem', { name: /Waits for you approve/ }).waitFor();
  await act('Terminate');
  await page.getByText('Failed', { exact: true }).first().waitFor();
  await act('Resubmit');
  await page.waitForURL((url) => /runs\/default\/subject-/.test(url.pathname));
  await page.goto(`${server.url}runs/default/subject?view=tree`);
  await page.getByText('Failed', { exact: true }).first().waitFor();
  await act('Delete');
  await page.waitForURL(/runs$/);
  await assert.rejects(server.get('subject'), /404/);
});

journey('a suspended run goes on, and all of it runs once more', {}, async ({ page, server }) => {
  await server.run('again', PAUSED);
  await server.until('again', (status) => Object.values(status.nodes ?? {}).some((node) => node.type === 'Suspend'));
  await server.api('PUT', '/api/v1/workflows/default/again/suspend', {});
  await page.goto(`${server.url}runs/default/again?view=tree`);
  await page.getByText('This run is suspended').waitFor();
  const dialog = page.getByRole('dialog');
  await page.locator('.line').getByRole('button', { name: 'Resume' }).click();
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('treeitem', { name: /Succeeded deploy/ }).click();
  await page.getByRole('button', { name: 'Retry from here' }).click();
  await dialog.getByRole('button', { name: 'Retry' }).click();
  await page.getByText('again runs again').waitFor();
  await server.until('again', (status) => status.phase === 'Succeeded');
});

journey('the files of a step are shown and can do nothing', {}, async ({ page, server }) => {
  await server.run('files', FILES);
  const run = await server.until('files', (status) => status.phase === 'Succeeded');
  const node = Object.values(run.status.nodes).find((each) => each.type === 'Pod');
  await page.goto(`${server.url}runs/default/files?view=tree&node=${node.id}&tab=artifacts`);
  const shown = async (file) => {
    const item = page.getByRole('tabpanel').getByRole('listitem').filter({ hasText: file });
    await item.getByRole('button', { name: 'Preview' }).click();
    return item;
  };
  await (await shown('prices-json')).getByText('"price": [').waitFor();
  await (await shown('prices-csv')).getByRole('cell', { name: 'apple, red' }).waitFor();
  await page.getByRole('cell', { name: '<b>pear</b>' }).waitFor();
  await (await shown('notes-txt')).getByText('Only the beginning is shown').waitFor();
  await (await shown('report-html')).frameLocator('iframe').getByRole('heading', { name: 'Report' }).waitFor();
  const packed = await shown('packed');
  await packed.getByText('1.0 MB', { exact: true }).waitFor();
  await packed.getByRole('button', { name: 'files/report.html' }).click();
  await packed.getByText('<h1>Report</h1>').waitFor();
  const drawn = () => page.waitForFunction(() => document.querySelector('[role=tabpanel] img')?.naturalWidth === 40);
  await packed.getByRole('button', { name: 'files/chart.svg' }).click();
  await drawn();
  const zipped = await shown('zipped');
  await zipped.getByRole('button', { name: 'files/prices.csv' }).click();
  await zipped.getByRole('cell', { name: 'apple, red' }).waitFor();
  await zipped.getByRole('button', { name: 'files/chart.svg' }).click();
  await drawn();
  const image = (await shown('chart-svg')).getByRole('img', { name: 'chart-svg' });
  await image.waitFor();
  await drawn();
});

journey('a run tells all that is known of it', {}, async ({ page, server }) => {
  await page.goto(`${server.url}runs/default/broken?view=tree`);
  await page.locator('.line').getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Details and manifest' }).click();
  const panel = page.getByRole('tabpanel');
  await panel.getByRole('heading', { name: 'Labels' }).waitFor();
  await panel.getByRole('link', { name: /phase Failed/ }).waitFor();
  await page.getByRole('tab', { name: 'Manifest' }).click();
  await panel.getByText('entrypoint: main').waitFor();
  await page.getByRole('tab', { name: 'Summary' }).click();
  await panel.getByRole('link', { name: /phase Failed/ }).click();
  await page.waitForURL(/label=/);
  await page.getByRole('link', { name: 'broken' }).waitFor();
});

journey('what a pipeline is written in has its mistakes beside it', {}, async ({ page, server }) => {
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery?tab=source`);
  await page.getByText('No problems found').waitFor();
  await page.getByText('entrypoint: main').waitFor();
});

journey('a pipeline is run with its form', {}, async ({ page, server }) => {
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery`);
  await page.getByLabel('target').selectOption('production');
  await page.getByLabel('Begins at').selectOption('work');
  await page.locator('form').getByRole('button', { name: 'Run' }).click();
  await page.waitForURL(/runs\/default\/delivery/);
  const name = new URL(page.url()).pathname.split('/').pop();
  const run = await server.get(name);
  assert.deepEqual(
    run.spec.arguments.parameters.map(({ name: each, value }) => [each, value]),
    [['target', 'production']],
  );
  assert.equal(run.spec.entrypoint, 'work');
});

journey('a file goes into a run through the form of its pipeline', {}, async ({ page, server }) => {
  await server.put('workflow-templates/default', 'template', {
    metadata: { name: 'takes-a-file' },
    kind: 'WorkflowTemplate',
    spec: {
      entrypoint: 'main',
      arguments: { artifacts: [{ name: 'data', s3: { key: 'no/prices.txt' } }] },
      templates: [
        {
          name: 'main',
          inputs: { artifacts: [{ name: 'data', path: '/tmp/data.txt' }] },
          script: { image: 'busybox', command: ['sh'], source: 'cat /tmp/data.txt' },
        },
      ],
    },
  });
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/takes-a-file`);
  await page
    .getByLabel('A file: data')
    .setInputFiles({ name: 'prices.txt', mimeType: 'text/plain', buffer: Buffer.from('apples 3 <b>euro</b>\n') });
  await page.getByText('Uploaded').waitFor();
  await page.locator('form').getByRole('button', { name: 'Run' }).click();
  await page.waitForURL(/runs\/default\/takes-a-file-/);
  await page.getByRole('tabpanel').getByText('apples 3 <b>euro</b>').waitFor();
});

journey('a schedule is set by its form', {}, async ({ page, server }) => {
  await server.put('cron-workflows/default', 'cronWorkflow', {
    metadata: { name: 'by-form' },
    kind: 'CronWorkflow',
    spec: { schedules: ['0 3 * * *'], suspend: true, workflowSpec: EMPTY },
  });
  await page.goto(`${server.url}pipelines/CronWorkflow/default/by-form`);
  await page.locator('#content').getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Edit in a form' }).click();
  const editor = page.getByRole('textbox', { name: 'Manifest' });
  await page.getByLabel('When the last run still goes').selectOption('Forbid');
  await editor.getByText('concurrencyPolicy: Forbid').waitFor();
  await page.getByLabel('Time zone').fill('Europe/Vienna');
  await page.getByLabel('Time zone').press('Tab');
  await page.getByLabel('Another time').fill('every night');
  await page.getByLabel('Another time').press('Enter');
  await page.getByText('This is no schedule').waitFor();
  await page.getByLabel('Time 2').fill('30 15 * * 1');
  await page.getByLabel('Time 2').press('Tab');
  await page.getByText('every Monday at 15:30').waitFor();
  await page.getByRole('button', { name: 'Changes' }).click();
  await page.getByRole('group', { name: 'What this changes in by-form' }).getByText('concurrencyPolicy: Forbid').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL(/pipelines\/CronWorkflow\/default\/by-form/);
  const { spec } = await server.api('GET', '/api/v1/cron-workflows/default/by-form');
  assert.deepEqual(
    [spec.concurrencyPolicy, spec.timezone, spec.schedules],
    ['Forbid', 'Europe/Vienna', ['0 3 * * *', '30 15 * * 1']],
  );
});

journey('a badge and a graph stand on a page of another origin, other pages do not', {}, async ({ page, server }) => {
  const ask = new URLSearchParams({ name: 'broken' });
  const frame = (name, address) => `<iframe title="${name}" width="700" height="300" src="${server.url}${address}"></iframe>`;
  const other = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(
      frame('badge', `widgets/workflow-status-badges/default?${ask}`) +
        frame('newest', 'widgets/workflow-status-badges/default?label=workflows.argoproj.io/workflow-template=delivery') +
        frame('graph', `widgets/workflow-graphs/default?${ask}&showOptions=true`),
    );
  });
  await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    await page.goto(`http://127.0.0.1:${other.address().port}/`);
    await page.frameLocator('[title=newest]').getByText('Succeeded').waitFor();
    await page.frameLocator('[title=graph]').getByRole('application').waitFor();
    await page.frameLocator('[title=graph]').getByRole('button', { name: 'Show all' }).waitFor();
    const others = await fetch(`${server.url}runs`);
    assert.match(others.headers.get('content-security-policy'), /frame-ancestors 'none'/);
    await page.frameLocator('[title=badge]').getByRole('link', { name: /broken.*Failed/ }).click();
    await page.waitForURL(`${server.url}runs/default/broken`);
  } finally {
    other.closeAllConnections();
    other.close();
  }
});

journey('what shows elsewhere is looked at before, and copied', {}, async ({ page, server }) => {
  await page.goto(`${server.url}widgets?namespace=default&name=broken`);
  await page.frameLocator('[title=Badge]').getByText('Failed').waitFor();
  await page.getByRole('region', { name: 'Graph' }).getByText('<iframe src=').waitFor();
  await accessible(page, 'widgets');
});

journey('a schedule runs at once, and a run is deleted with many others', {}, async ({ page, server }) => {
  await server.put('cron-workflows/default', 'cronWorkflow', {
    metadata: { name: 'at-once' },
    kind: 'CronWorkflow',
    spec: { schedules: ['0 3 * * *'], suspend: true, workflowSpec: EMPTY },
  });
  const dialog = page.getByRole('dialog');
  for (let time = 0; time < 2; time += 1) {
    await page.goto(`${server.url}schedules`);
    await page.getByRole('row', { name: /at-once/ }).getByRole('button', { name: 'Run now' }).click();
    await dialog.getByRole('button', { name: 'Run', exact: true }).click();
    await page.waitForURL(/runs\/default\/at-once-/);
    await page.getByText('Succeeded', { exact: true }).first().waitFor();
  }
  await page.goto(`${server.url}runs?pipeline=CronWorkflow/at-once`);
  await page.getByRole('link', { name: /at-once-/ }).nth(1).waitFor();
  await page.getByLabel('Select all on this page').check();
  await page.getByRole('toolbar').getByText('2 selected').waitFor();
  await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText(/Delete: 2 of 2 done/).waitFor();
  await page.getByText('No runs match').waitFor();
});

journey('a delivery is read and replayed', {}, async ({ page, server }) => {
  const sent = await fetch(`${server.origin}/api/v1/events/default/pushed`, {
    method: 'POST',
    headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
    body: JSON.stringify({ ref: '<b>main</b>' }),
  });
  assert.equal(sent.status, 200);
  await page.goto(`${server.url}inbox`);
  await page.getByRole('button', { name: /default\/pushed/ }).first().click();
  await page.getByText('"ref": "<b>main</b>"').waitFor();
  await page.getByRole('button', { name: 'Replay' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Replay' }).click();
  await page.getByText(/^Sent once more; it began/).waitFor();
  await page.getByRole('button', { name: /default\/pushed/ }).nth(1).waitFor();
});

journey('the logs of all steps open at their end, and all of them is read when it is wanted', {}, async ({ page, server }) => {
  const script = (name, source) => ({ name, script: { image: 'busybox', command: ['sh'], source } });
  const steps = [[{ name: 'counts', template: 'counts' }], [{ name: 'ends', template: 'ends' }]];
  await server.run('talks', {
    entrypoint: 'main',
    templates: [{ name: 'main', steps }, script('counts', 'seq -f "line %.0f" 1 9000'), script('ends', 'echo the end')],
  });
  await server.until('talks', (status) => status.phase === 'Succeeded');
  await page.goto(`${server.url}logs/default/talks`);
  await page.getByText('the end', { exact: true }).waitFor();
  await page.getByText('Only the end of each log is read').waitFor({ state: 'attached' });
  // What is sought may be anywhere.
  await page.getByLabel('Search in the log').fill('line 77');
  await page.getByText(/1 of 111/).waitFor();
  assert.equal(await page.getByText('Only the end of each log is read').count(), 0);
});

journey('a followed log of all steps lets its connection go while nobody looks', {}, async ({ page, server }) => {
  await server.run('watched', PAUSED);
  await server.until('watched', (status) => Object.values(status.nodes ?? {}).some((node) => node.type === 'Suspend'));
  const isLog = (request) => /\/workflows\/default\/watched\/log/.test(request.url());
  const see = (isSeen) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, !isSeen);
  const asked = page.waitForRequest(isLog);
  await page.goto(`${server.url}logs/default/watched`);
  await asked;
  await page.getByRole('log').waitFor();
  const released = page.waitForEvent('requestfailed', isLog);
  await see(false);
  await released;
  const again = page.waitForRequest(isLog);
  await see(true);
  await again;
});

journey('versions of a pipeline are told apart', {}, async ({ page, server }) => {
  const spec = (image) => ({ entrypoint: 'main', templates: [{ name: 'main', container: { image, command: ['true'] } }] });
  await server.put('workflow-templates/default', 'template', { metadata: { name: 'changes' }, kind: 'WorkflowTemplate', spec: spec('one') });
  const first = await server.api('GET', '/api/v1/workflow-templates/default/changes');
  await server.api('PUT', '/api/v1/workflow-templates/default/changes', {
    namespace: 'default',
    template: { ...first, spec: spec('two') },
  });
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/changes?tab=versions`);
  await page.getByRole('button', { name: /Version 2/ }).waitFor();
  await page.getByText('image: one').waitFor();
  await page.getByText('image: two').waitFor();
});

journey('a schedule is suspended and filled in for the past', {}, async ({ page, server }) => {
  await page.goto(`${server.url}schedules`);
  const row = page.getByRole('row', { name: /nightly/ });
  await row.getByRole('button', { name: 'Backfill' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('From').fill('2026-01-01T00:00');
  await dialog.getByLabel('Until').fill('2026-01-03T23:00');
  await dialog.getByText('3 runs will begin').waitFor();
  await dialog.getByRole('button', { name: 'Backfill' }).click();
  await page.getByText('3 of 3 runs began').waitFor();
  await row.getByRole('button', { name: 'Suspend' }).click();
  await dialog.getByRole('button', { name: 'Suspend schedule' }).click();
  await row.getByRole('button', { name: 'Resume' }).waitFor();
});

journey('the editor marks a mistake where it is and mends it', {}, async ({ page, server }) => {
  await page.goto(`${server.url}new`);
  const editor = page.getByRole('textbox', { name: 'Manifest' });
  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  const lines = [
    'apiVersion: argoproj.io/v1alpha1',
    'kind: Workflow',
    'metadata:',
    '  generateName: a-',
    'spec:',
    '  entrpoint: main',
    '  templates:',
    '    - name: main',
    '      container: {image: busybox, command: [echo]}',
  ];
  await page.keyboard.insertText(`${lines.join('\n')}\n`);
  await page
    .getByText(/entrpoint/)
    .nth(1)
    .waitFor();
  await page.getByText('line 6').waitFor();
});

journey('several runs are retried at once', { state: 'failing' }, async ({ page, server }) => {
  await page.goto(`${server.url}runs`);
  await page.getByRole('link', { name: 'broken-1' }).waitFor();
  await page.getByLabel('Select all on this page').check();
  await page.getByRole('toolbar').getByRole('button', { name: 'Retry' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
  await page.getByText(/Retry: 3 of 3 done/).waitFor();
  // What was said before a retry stays in the log, above what is said now.
  const { status } = await server.until('broken-1', ({ phase }) => phase === 'Failed');
  const spoke = Object.values(status.nodes).find(({ displayName }) => displayName === 'integration');
  await page.goto(`${server.url}logs/default/broken-1?node=${spoke.id}`);
  const wrong = page.getByRole('log').getByText('ERROR price_test');
  await wrong.nth(1).waitFor();
  assert.equal(await wrong.count(), 2);
});

journey('hostile names and logs stay text', { state: 'hostile' }, async ({ page, server }) => {
  const run = await server.get('hostile');
  const node = Object.values(run.status.nodes).find((each) => each.type === 'Pod');
  for (const tab of ['summary', 'logs', 'io', 'artifacts', 'manifest', 'journal']) {
    await page.goto(`${server.url}runs/default/hostile?view=tree&node=${node.id}&tab=${tab}`);
    await page.getByRole('tabpanel').waitFor();
    if (tab === 'journal') await page.locator('.journal li').first().waitFor();
    if (tab === 'logs') {
      // The end is there though a line of ten megabytes and a flood of colours come before it.
      await page.getByText('the end', { exact: true }).waitFor();
      await page.getByText('<script>alert(3)</script>').waitFor();
    }
  }
  assert.equal(await page.evaluate(() => document.querySelectorAll('img[src=x], #app script').length), 0);
  assert.ok((await surplus(page)) <= 0);
});

journey(
  'a run of ten thousand nodes opens, and is walked and searched',
  { state: 'huge' },
  async ({ page, server }) => {
    await page.goto(`${server.url}runs/default/huge`);
    await page.getByText(/10,00\d nodes/).waitFor();
    await page.getByRole('application').waitFor();
    await page.getByLabel('Find a step').fill('item(9999');
    await page.getByText('1 match').waitFor();
  },
);

journey('of ten thousand items the one that failed is found in the grid', { state: 'huge', own: true }, async ({ page, server }) => {
  await server.api('PUT', '/api/v1/workflows/default/huge/stop', {
    namespace: 'default',
    name: 'huge',
    nodeFieldSelector: 'displayName=item(2500:2500)',
    message: 'this one',
  });
  await page.goto(`${server.url}runs/default/huge?view=tree`);
  await page.getByLabel('Find a step').fill('item');
  await page.getByRole('treeitem', { name: /item/ }).first().click();
  const panel = page.getByRole('tabpanel');
  await panel.getByText('1 to 1,000 of 10,000').waitFor();
  await panel.getByRole('button', { name: 'Those after' }).click();
  await panel.getByText('1,001 to 2,000 of 10,000').waitFor();
  await panel.getByRole('button', { name: /^item\(1000:1000\)/ }).waitFor();
  await panel.getByLabel('Which of them').selectOption({ label: 'Failed: 1' });
  await panel.getByRole('button', { name: /^item\(2500:2500\): Failed/ }).click();
  await panel.getByText('this one').first().waitFor();
});

journey(
  'links that the settings configure stand where their scope says',
  { own: true, settings: ['workflow', 'workflow-list', 'pod', 'pod-logs'] },
  async ({ page, server }) => {
    const link = (scope, of) => page.getByRole('link', { name: `kept ${scope}` }).and(page.locator(`[href="https://example.com/${scope}/default/${of}"]`));
    await page.goto(`${server.url}runs?namespace=default`);
    await page.getByRole('link', { name: 'kept workflow-list' }).waitFor();
    const { status } = await server.get('broken');
    const pods = Object.values(status.nodes).filter(({ type }) => type === 'Pod');
    const [one] = pods;
    await page.goto(`${server.url}runs/default/broken?node=${one.id}&tab=logs`);
    const podLink = page.getByRole('link', { name: 'kept pod-logs' });
    await podLink.waitFor();
    assert.match(await podLink.getAttribute('href'), /pod-logs\/default\/broken-/);
    await page.goto(`${server.url}logs/default/broken`);
    await link('workflow', 'broken').waitFor();
    await page.goto(`${server.url}logs/default/broken?node=${one.id}`);
    await podLink.waitFor();
  },
);

journey('a semaphore gets another limit, and who waits is let in', { state: 'empty', own: true }, async ({ page, server }) => {
  const locked = {
    ...PAUSED,
    synchronization: { semaphores: [{ configMapKeyRef: { name: 'limits', key: 'gpu' } }] },
  };
  await page.goto(`${server.url}locks`);
  await page.getByRole('button', { name: 'Set a limit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: /^ConfigMap/ }).fill('limits');
  await dialog.getByLabel('Key').fill('gpu');
  await dialog.getByLabel('How many may hold it at once').fill('none');
  await dialog.getByRole('button', { name: 'Set a limit' }).click();
  await dialog.getByRole('alert').getByText('a limit is a whole number above zero').waitFor();
  await dialog.getByLabel('How many may hold it at once').fill('1');
  await dialog.getByRole('button', { name: 'Set a limit' }).click();
  await page.getByText('The limit of gpu is set').waitFor();
  await server.run('first', locked);
  await server.until('first', ({ phase }) => phase === 'Running');
  await server.run('second', locked);
  await page.getByText('1 of 1 in use').waitFor();
  await page.getByRole('button', { name: /^Limit of/ }).click();
  await dialog.getByLabel('How many may hold it at once').fill('2');
  await dialog.getByRole('button', { name: 'Set a limit' }).click();
  await page.getByText('2 of 2 in use').waitFor();
  await server.until('second', ({ phase }) => phase === 'Running');
});

journey('an administrator gives a token and takes it back', { state: 'empty', own: true }, async ({ page, server }) => {
  await page.goto(`${server.url}settings`);
  const tokens = page.getByRole('region', { name: 'Tokens' });
  await tokens.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: /^Name / }).fill('ci');
  await dialog.getByLabel('Role').selectOption('operator');
  await dialog.getByRole('button', { name: 'New token' }).click();
  const shown = await tokens.getByText(/^tph_/).textContent();
  const asked = await fetch(`${server.origin}/api/tiphys/v1/me`, { headers: { authorization: `Bearer ${shown}` } });
  assert.equal(asked.status, 200);
  await tokens.getByRole('listitem').getByText('ci').waitFor();
  await tokens.getByRole('button', { name: 'Revoke ci' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await tokens.getByText('Nobody has a token yet.').waitFor();
  assert.deepEqual((await server.api('GET', '/api/tiphys/v1/tokens')).items, []);
  await accessible(page, 'settings');
});

journey('what is folded, narrowed and opened is in the address', { own: true }, async ({ page, server }) => {
  const { items } = await server.api('GET', '/api/tiphys/v1/runs?pipeline=WorkflowTemplate/delivery&limit=1');
  await page.goto(`${server.url}runs/default/${items[0].name}`);
  const graph = page.getByRole('application');
  const boxes = () => page.locator('[data-boxes]').getAttribute('data-boxes');
  await page.locator('[data-boxes]:not([data-boxes="0"])').waitFor();
  const all = await boxes();
  await graph.focus();
  await graph.press('ArrowDown');
  await page.getByRole('toolbar', { name: 'Graph' }).getByRole('button', { name: 'Fold' }).click();
  await page.locator('[data-boxes="1"]').waitFor();
  assert.match(page.url(), /folds=/);
  await page.reload();
  await page.locator('[data-boxes="1"]').waitFor();
  await page.getByRole('toolbar', { name: 'Graph' }).getByRole('button', { name: 'Unfold' }).click();
  await page.locator(`[data-boxes="${all}"]`).waitFor();
  await page.goto(`${server.url}runs`);
  const row = page.getByRole('button', { name: 'Details of broken' });
  await row.click();
  await page.reload();
  await page.getByRole('button', { name: 'Details of broken', expanded: true }).waitFor();
});

journey('a server that dies amid everything and comes again is told in both windows, and nothing is lost', { own: true }, async ({ page, server }) => {
  const other = await page.context().newPage();
  const lost = (window) => window.getByText('The connection to the server is lost');
  await page.goto(`${server.url}runs/default/release`);
  await page.getByRole('group', { name: 'Waits for a person' }).getByRole('button', { name: 'approve' }).first().click();
  await page.getByRole('tabpanel').getByText('waits for a person').first().waitFor();
  await other.goto(`${server.url}runs`);
  await other.getByRole('link', { name: 'release', exact: true }).waitFor();
  // What asks before something is done is there before anybody needs it.
  const parts = [/Asking-.*\.js$/, /Asking-.*\.css$/, /dialog-.*\.css$/].map(String);
  await page.waitForFunction((parts) => {
    const files = performance.getEntriesByType('resource').map((file) => file.name);
    return parts.every((part) => files.some((file) => new RegExp(part.slice(1, -1)).test(file)));
  }, parts);
  await server.kill();
  await lost(page).waitFor();
  await lost(other).waitFor();
  // A page that was never fetched says why it does not come, and comes when it can.
  await other.getByRole('navigation').getByRole('link', { name: 'Schedules' }).click();
  await other.getByRole('alert').getByText('The server does not answer').waitFor();
  // What is shown stays, and who does something is told that it was not done.
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await page.getByText('the server does not answer').first().waitFor();
  await server.again();
  await lost(page).waitFor({ state: 'detached' });
  await other.getByRole('table').getByText('nightly').waitFor();
  await other.goBack();
  assert.equal((await server.get('release')).status.phase, 'Running', 'what was asked of nobody was not done');
  const dialog = page.getByRole('dialog');
  if ((await dialog.count()) === 0) await page.getByRole('button', { name: 'Approve' }).click();
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  await other.getByRole('row', { name: /Succeeded release/ }).waitFor();
});

journey("a browser's own EventSource goes on where it was when its server was killed", { own: true }, async ({ page, server }) => {
  await page.goto(server.url);
  await page.evaluate(() => {
    window.heard = { phases: {}, resets: 0, ids: [] };
    const source = new EventSource('/api/tiphys/v1/events?namespace=default');
    source.addEventListener('run', (event) => {
      const row = JSON.parse(event.data);
      window.heard.phases[row.name] = row.phase;
      window.heard.ids.push(event.lastEventId);
    });
    // Too much was missed: the list is read anew.
    source.addEventListener('reset', async () => {
      window.heard.resets += 1;
      const { items } = await (await fetch('/api/tiphys/v1/runs?namespace=default')).json();
      for (const row of items) window.heard.phases[row.name] = row.phase;
    });
    return new Promise((open) => source.addEventListener('open', open));
  });
  const ended = (name) => page.waitForFunction((name) => window.heard.phases[name] === 'Succeeded', name);
  const waits = (status) => Object.values(status.nodes ?? {}).some((node) => node.type === 'Suspend');
  await server.run('before-it-died', PAUSED);
  await server.until('before-it-died', waits);
  await page.waitForFunction(() => window.heard.phases['before-it-died'] === 'Running');
  await server.kill();
  await server.again();
  // The browser waits a while before it comes back by itself.
  await server.api('PUT', '/api/v1/workflows/default/before-it-died/resume', {});
  await server.until('before-it-died', (status) => status.phase === 'Succeeded');
  await ended('before-it-died');
  await server.run('after-it-died', PAUSED);
  await server.until('after-it-died', waits);
  await server.api('PUT', '/api/v1/workflows/default/after-it-died/resume', {});
  await ended('after-it-died');
  const { ids } = await page.evaluate(() => window.heard);
  assert.equal(new Set(ids).size, ids.length, 'nothing is told twice');
});

/** A step with a program before it, variables and a file that lies nowhere special. */
const PROGRAMS = {
  entrypoint: 'main',
  artifactGC: { strategy: 'OnWorkflowDeletion' },
  arguments: { parameters: [{ name: 'who', value: 'everybody' }] },
  templates: [
    {
      name: 'main',
      initContainers: [{ name: 'warm', image: 'busybox', command: ['sh', '-c', 'echo warmed up'] }],
      script: {
        image: 'busybox',
        command: ['sh'],
        source: 'echo "hello $WHO" > /tmp/greeting',
        env: [
          { name: 'WHO', value: '{{workflow.parameters.who}}' },
          { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'deploy', key: 'token', optional: true } } },
        ],
      },
      outputs: { artifacts: [{ name: 'greeting', path: '/tmp/greeting', archive: { none: {} } }] },
    },
  ],
};

journey('what a step ran, where its files lie and what was noticed beside can be read (UI-143, UI-150, UI-161)', {}, async ({ page, server }) => {
  await server.run('programs', PROGRAMS);
  await server.until('programs', ({ phase }) => phase === 'Succeeded');
  await page.goto(`${server.url}runs/default/programs`);
  const main = page.locator('details', { hasText: 'main' });
  await page.locator('details', { hasText: 'warm' }).getByText('sh -c echo warmed up').waitFor();
  await main.getByText('echo "hello $WHO" > /tmp/greeting').waitFor();
  await main.getByText('everybody').waitFor();
  await main.getByText('from the secret deploy, key token').waitFor();
  await page.getByRole('tab', { name: 'Artifacts' }).click();
  const file = page.getByRole('listitem').filter({ hasText: 'greeting' });
  await file.getByText('deleted with the run').waitFor();
  await file.getByRole('button', { name: 'Show as text' }).click();
  await file.getByText('hello everybody').waitFor();
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByLabel('Container').selectOption('warm');
  await page.getByText('warmed up').waitFor();
  await page.getByLabel('Container').selectOption({ label: 'wait: what was noticed beside' });
  await page.getByText('Nothing was written.').waitFor();
});

/** A dag that takes a failure as a case of its own, and then breaks; of a pipeline with a title. */
const EXPECTS = `apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: imports, annotations: {workflows.argoproj.io/title: Daily import}}
spec:
  entrypoint: main
  templates:
    - name: main
      dag:
        tasks:
          - {name: probe, template: breaks}
          - {name: fallback, template: works, depends: probe.Failed}
          - {name: load, template: breaks, depends: fallback}
    - name: works
      container: {image: busybox, command: ['true']}
    - name: breaks
      container: {image: busybox, command: [sh, -c, 'exit 2']}
`;

journey('a failure that was expected is to blame nowhere, and a pipeline has its title everywhere', { state: 'empty', own: true }, async ({ page, server }) => {
  await server.api('POST', '/api/tiphys/v1/apply', { namespace: 'default', text: EXPECTS });
  const { metadata } = await server.api('POST', '/api/v1/workflows/default/submit', {
    namespace: 'default',
    resourceKind: 'WorkflowTemplate',
    resourceName: 'imports',
    submitOptions: {},
  });
  await server.until(metadata.name, ({ phase }) => phase === 'Failed');
  await page.goto(server.url);
  await page.getByRole('heading', { level: 1, name: 'Daily import is broken' }).waitFor();
  await page.getByRole('region', { name: 'Failed lately' }).getByText(/^load: main: Error/).waitFor();
  await page.getByRole('region', { name: 'Failed lately' }).getByRole('link', { name: metadata.name }).click();
  await page.getByRole('heading', { level: 2, name: 'load' }).waitFor();
  await page.getByRole('link', { name: 'Daily import', exact: true }).waitFor();
});

journey('the journal of a run tells what happens while somebody reads it (UI-131)', { state: 'empty', own: true }, async ({ page, server }) => {
  await server.run('paused', PAUSED);
  await server.until('paused', (status) => Object.values(status.nodes ?? {}).some((node) => node.type === 'Suspend'));
  await page.goto(`${server.url}runs/default/paused?node=paused&tab=journal`);
  const panel = page.getByRole('tabpanel');
  await panel.getByText('the workflow began').waitFor();
  await server.api('PUT', '/api/v1/workflows/default/paused/resume', {});
  await panel.getByText('\u201cpaused\u201d ended: Succeeded').waitFor();
  assert.equal(await panel.getByText('the workflow began').count(), 1);
});

journey('a run is changed and run once more', { state: 'empty', own: true }, async ({ page, server }) => {
  await server.run('broken', FAILING);
  await server.until('broken', ({ phase }) => phase === 'Failed');
  await page.goto(`${server.url}runs/default/broken?view=tree`);
  await page.locator('.line').getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Run an edited copy' }).click();
  const manifest = page.getByRole('textbox', { name: 'Manifest' });
  await manifest.getByText('generateName').waitFor();
  await page.getByText('No problems found').waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/runs\/default\/broken-/);
  await page.getByRole('heading', { level: 1, name: /^broken-/ }).waitFor();
});

journey("addresses of Argo's pages lead to what they meant (UI-003, UI-009), and search offers what it knows (UI-124)", {}, async ({ page, server }) => {
  await page.goto(`${server.url}workflows/default/broken?sidePanel=resubmit`);
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('heading', { name: 'Resubmit broken' }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(new URL(page.url()).search, '', 'it is asked once');
  await page.goto(`${server.url}workflows/default/broken?tab=events`);
  await page.getByRole('tab', { name: 'Journal', selected: true }).waitFor();
  // What happened in the run is told with that of its steps, each of which is a click away.
  await page.getByRole('tabpanel').getByRole('button', { name: /integration.* ended: Failed/ }).click();
  await page.getByRole('heading', { level: 2, name: 'integration' }).waitFor();
  await page.goto(`${server.url}workflows/default/broken?sidePanel=logs`);
  await page.getByRole('heading', { level: 1, name: 'Logs: broken' }).waitFor();
  await page.goto(`${server.url}sensors/default/deploy`);
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
  await page.goto(`${server.url}workflow-templates/default/delivery?tab=workflow`);
  await page.locator('.segments [aria-pressed=true]').waitFor();
  await page.goto(`${server.url}runs/default/broken?view=tree`);
  const search = page.getByLabel('Find a step');
  await search.focus();
  await page.locator('datalist option[value="Failed"]').waitFor({ state: 'attached' });
  await search.fill('pod');
  await page.getByText(/^\d+ match/).waitFor();
});

journey('a server that goes away is told', { own: true }, async ({ page, server }) => {
  await page.goto(`${server.url}runs/default/release?view=tree`);
  await page.getByRole('tree').waitFor();
  await server.close();
  await page.getByText('The connection to the server is lost').waitFor();
});

/** Settings with a link of each scope. */
function linked(scopes) {
  const links = scopes.map((scope) => ({ name: `kept ${scope}`, scope, url: `https://example.com/${scope}/\${metadata.namespace}/\${metadata.name}` }));
  return JSON.stringify({ links });
}

// Journeys over the same state share a server, unless they change or end it.
const shared = new Map();
const well = await go(
  journeys,
  async ({ state, own, settings }) => {
    if (own) return start({ state, settings: settings && linked(settings) });
    if (!shared.has(state)) shared.set(state, start({ state }));
    return shared.get(state);
  },
  (server, { own }) => (own ? server.close() : undefined),
);
for (const server of shared.values()) await server.then((made) => made.close()).catch(() => {});
process.exit(well ? 0 : 1);
