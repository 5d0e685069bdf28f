// What people do, done in Chromium over the fixture server, with the rules of accessibility checked on every page.
// Usage: node journeys/run.mjs [part of a name…]

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { start } from '../fixture/server.mjs';
import { accessible, go, keep, overlaps, settled, smallTargets, surplus } from './harness.mjs';

const journeys = [];
const journey = (name, options, act) => journeys.push({ name, options, act });

const path = (run) => `runs/${run.metadata.namespace}/${run.metadata.name}`;
const byPhase = (server, phase) => server.held.runs.find((run) => run.status.phase === phase);

/** Looks at a page in both themes. */
async function bothThemes(page, name) {
  await keep(page, `${name} light`);
  await accessible(page, name);
  await page.emulateMedia({ colorScheme: 'dark' });
  await keep(page, `${name} dark`);
  await accessible(page, `${name} in dark`, { onlyColours: true });
}

for (const [name, address] of Object.entries({
  home: '',
  runs: 'runs',
  pipelines: 'pipelines',
  pipeline: 'pipelines/WorkflowTemplate/default/delivery',
  schedules: 'schedules',
  approvals: 'approvals',
  inbox: 'inbox?delivery=d1',
  locks: 'locks',
  compare: 'compare',
  new: 'new',
  settings: 'settings',
  widgets: 'widgets?name=x',
  login: 'login',
})) {
  journey(`${name} is accessible in both themes`, {}, async ({ page, server }) => {
    await page.goto(server.url + address);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await settled(page);
    await bothThemes(page, name);
  });
}
for (const view of ['graph', 'timeline', 'tree']) {
  journey(`the ${view} of a run is accessible in both themes`, {}, async ({ page, server }) => {
    const run = byPhase(server, 'Failed');
    const broken = Object.values(run.status.nodes).find((node) => node.phase === 'Failed' && node.type === 'Pod');
    await page.goto(`${server.url}${path(run)}?view=${view}&node=${broken.id}`);
    await page.getByRole('tab', { name: 'Summary' }).waitFor();
    await page.getByText('Last lines').waitFor();
    await bothThemes(page, `run as ${view}`);
  });
}

/** A run and another one, as addresses name them. */
const pair = (server) => {
  const named = (run) => `${run.metadata.namespace}/${run.metadata.name}`;
  return [byPhase(server, 'Failed'), byPhase(server, 'Succeeded')].map(named);
};

/** Pages that ask the server for what they show: where they are, and where there is nothing to show. */
const ASKING = {
  home: { at: () => '', empty: '' },
  runs: { at: () => 'runs', empty: 'runs' },
  pipelines: { at: () => 'pipelines', empty: 'pipelines' },
  pipeline: { at: () => 'pipelines/WorkflowTemplate/default/delivery' },
  schedules: { at: () => 'schedules', empty: 'schedules' },
  approvals: { at: () => 'approvals', empty: 'approvals' },
  inbox: { at: () => 'inbox', empty: 'inbox' },
  locks: { at: () => 'locks', empty: 'locks' },
  'a run': { at: (server) => `runs/${pair(server)[0]}` },
  logs: { at: (server) => `logs/${pair(server)[0]}` },
  compare: { at: (server) => `compare?a=${pair(server)[0]}&b=${pair(server)[1]}` },
  'what is edited': { at: () => 'new?edit=WorkflowTemplate/default/delivery' },
};
for (const [name, { at, empty }] of Object.entries(ASKING)) {
  if (empty !== undefined)
    journey(`${name} has an empty state`, { state: 'empty' }, async ({ page, server }) => {
      await page.goto(server.url + empty);
      await page.locator('.empty').waitFor();
      await bothThemes(page, `${name} without anything`);
    });
  journey(
    `${name} says what to do when the server fails`,
    { fault: (method, path) => (method === 'GET' && !/version|info|namespaces/.test(path) ? 500 : 0) },
    async ({ page, server }) => {
      await page.goto(server.url + at(server));
      await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
      assert.equal(await page.getByText('No problems found').count(), 0, 'nothing was looked at');
      await bothThemes(page, `${name} when the server fails`);
    },
  );
  journey(`${name} says that it loads, and then shows what it has`, {}, async ({ page, server }) => {
    const held = [];
    await page.route('**/api/**', (route) => held.push(route));
    await page.goto(server.url + at(server));
    await page.locator('main .loading').first().waitFor();
    await bothThemes(page, `${name} while it loads`);
    await page.unroute('**/api/**');
    for (const route of held) await route.continue().catch(() => {});
    await settled(page);
    assert.equal(await page.getByRole('alert').count(), 0);
  });
}

journey('in a log of all steps names stand in full where there is room, and no colour of theirs says how a step fares', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Failed');
  await page.goto(`${server.url}logs/${run.metadata.namespace}/${run.metadata.name}`);
  const names = page.locator('.line .pod');
  await names.first().waitFor();
  const told = await names.evaluateAll((all) =>
    all.map((each) => ({
      cut: each.querySelector('.head').scrollWidth - each.querySelector('.head').clientWidth,
      states: ['failed', 'succeeded'].map((state) => {
        const probe = document.createElement('i');
        probe.style.color = `var(--ansi-${state === 'failed' ? 1 : 2})`;
        document.body.append(probe);
        const is = getComputedStyle(probe).color === getComputedStyle(each).color;
        probe.remove();
        return is;
      }),
    })),
  );
  assert.deepEqual(told.filter(({ cut, states }) => cut > 0 || states.includes(true)), []);
  assert.equal(await page.getByRole('navigation').getByRole('link', { name: 'Runs' }).getAttribute('aria-current'), 'page', 'logs belong to runs');
});

journey('every tab of a step, its log page and two runs side by side are accessible', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Failed');
  const broken = Object.values(run.status.nodes).find((node) => node.phase === 'Failed' && node.type === 'Pod');
  await page.goto(`${server.url}${path(run)}?view=tree&node=${broken.id}`);
  const tabs = page.getByRole('tab');
  await tabs.first().waitFor();
  for (const tab of await tabs.all()) {
    await tab.click();
    await page.getByRole('tabpanel', { name: await tab.textContent() }).waitFor();
    await settled(page);
    await accessible(page, `the tab ${await tab.textContent()}`);
  }
  const [other] = server.held.runs.filter((each) => each !== run && each.status.phase === 'Succeeded');
  const named = ({ metadata }) => `${metadata.namespace}/${metadata.name}`;
  for (const address of [`logs/${named(run)}`, `compare?a=${named(run)}&b=${named(other)}`, 'schedules?view=calendar', 'no/such/page']) {
    await page.goto(server.url + address);
    await page.getByRole('heading').first().waitFor();
    await settled(page);
    await accessible(page, address);
  }
});

/** Clicks on things and counts how often. */
function counted() {
  const clicks = { count: 0 };
  const click = async (what, options) => {
    clicks.count += 1;
    await what.click(options);
  };
  return { clicks, click };
}

journey('from a red bar to the failing line in two clicks', {}, async ({ page, server }) => {
  const { clicks, click } = counted();
  await page.goto(server.url);
  await click(page.locator('.bar.failed').first());
  // Who opens a run that broke sees the last lines of what broke first.
  await page.getByRole('tabpanel').getByText('main: Error (exit code 1)').waitFor();
  await page.getByText('price_test.py::test_rounding').waitFor();
  await click(page.getByRole('button', { name: 'Whole log' }));
  await page.locator('.line').getByText('price_test.py::test_rounding').waitFor();
  assert.ok(clicks.count <= 2);
});

journey('from a waiting step to its reason in one click', {}, async ({ page, server }) => {
  const run = server.held.runs.find((each) => Object.values(each.status.nodes).some((node) => node.type === 'Suspend' && node.phase === 'Running'));
  for (const view of ['tree', 'timeline']) {
    const { clicks, click } = counted();
    await page.goto(`${server.url}${path(run)}?view=${view}`);
    await click(page.getByRole('group', { name: 'Waits for a person' }).getByRole('button').first());
    await page.getByRole('tabpanel').getByText('waits for a person to resume it').waitFor();
    assert.equal(clicks.count, 1);
  }
});

journey('the fields of lines in JSON are chosen, and stay chosen', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Succeeded');
  const node = Object.values(run.status.nodes).find((each) => each.displayName === 'lint');
  const address = `${server.url}${path(run)}?view=tree&node=${node.id}&tab=logs`;
  await page.goto(address);
  await page.getByText('{"level":"info","msg":"linting begins"').waitFor();
  await page.getByRole('button', { name: 'Fields' }).click();
  await page.getByRole('button', { name: 'msg', exact: true }).click();
  await page.getByRole('button', { name: 'at.file', exact: true }).click();
  await page.getByText('linting begins  a.ts', { exact: true }).waitFor();
  await accessible(page, 'fields of a log');
  await page.goto(address);
  await page.getByText('linting ends  a.ts', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Fields' }).click();
  await page.getByRole('button', { name: 'Whole lines' }).click();
  await page.getByText('{"level":"info","msg":"linting ends"').waitFor();
});

journey('a menu opens by keys, and what it offers is chosen by keys', {}, async ({ page, server }) => {
  await page.goto(server.url + path(byPhase(server, 'Succeeded')));
  const more = page.locator('.line').getByRole('button', { name: 'More actions' });
  await more.focus();
  await page.keyboard.press('Enter');
  const item = page.getByRole('menuitem', { name: 'Compare with another run' });
  await item.waitFor();
  await page.waitForFunction(() => document.activeElement?.closest('[role=menu]'));
  for (let step = 0; step < 12; step += 1) {
    if (await item.evaluate((each) => each === document.activeElement)) break;
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Enter');
  await page.waitForURL(/compare\?a=/);
});

journey('a run shows what is planned, lives, and its state follows the stream', {}, async ({ page, server }) => {
  const run = server.held.runs.find(
    (each) =>
      each.metadata.labels['workflows.argoproj.io/workflow-template'] === 'delivery' && each.status.phase === 'Running',
  );
  await page.goto(`${server.url}${path(run)}?view=tree`);
  await page.getByRole('treeitem', { name: /Planned verify/ }).waitFor();
  const node = Object.values(run.status.nodes).find((each) => each.displayName === 'shards(11:11)');
  await page.goto(`${server.url}${path(run)}?view=tree&node=${node.id}`);
  await page.getByRole('treeitem', { name: /Running shards\(11:11\)/ }).waitFor();
  server.change(run, { [node.id]: { ...node, phase: 'Succeeded', finishedAt: new Date().toISOString() } });
  await page.getByRole('treeitem', { name: /Succeeded shards\(11:11\)/ }).waitFor();
});

journey('a log of wrapped lines opens at its very end', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Failed');
  const node = Object.values(run.status.nodes).find((each) => each.phase === 'Failed' && each.type === 'Pod');
  await page.setViewportSize({ width: 900, height: 700 });
  await page.goto(`${server.url}${path(run)}?node=${node.id}&tab=logs`);
  await page.getByText('1 failed, 211 passed').waitFor();
  await settled(page);
  const short = await page.getByRole('log').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
  assert.ok(short < 2, `${short} px of it are below`);
});

journey('a cut stream is told and comes back', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Running');
  await page.goto(`${server.url}${path(run)}?view=tree`);
  await page.getByRole('tree').waitFor();
  server.cut();
  await page.getByText('The connection to the server is lost').waitFor();
  await page.getByText('The connection to the server is lost').waitFor({ state: 'detached' });
});

journey('a lost connection says when it is tried again, and whoever does something tries it at once', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Running');
  const lost = page.getByText('The connection to the server is lost');
  await page.clock.install();
  await page.goto(`${server.url}${path(run)}?view=tree`);
  await page.getByRole('tree').waitFor();
  let tries = 0;
  await page.route('**/events?*', (route) => {
    tries += 1;
    return route.abort();
  });
  server.cut();
  await lost.waitFor();
  // Time is the journey's: what does not pass brings no try by itself.
  const tried = async (count) => {
    for (let told = tries; told < count; told = tries) await page.waitForEvent('requestfailed');
  };
  for (let passes = 0; passes < 6; passes += 1) {
    await page.clock.runFor(16_000);
    await tried(passes + 1);
  }
  await page.getByText(/again in 1?\ds/).waitFor();
  const before = tries;
  await page.clock.runFor(1_500);
  assert.equal(tries, before, 'it is not tried all the time');
  await page.keyboard.press('Shift');
  await tried(before + 1);
  await page.unroute('**/events?*');
  await page.getByRole('button', { name: 'Try now' }).click();
  await lost.waitFor({ state: 'detached' });
});

journey('pages that show nothing of runs say too when the server is away', {}, async ({ page, server }) => {
  for (const address of ['compare', 'settings', 'new']) {
    const asked = page.waitForResponse((answer) => /\/v1\/events(\?|$)/.test(answer.url()) && answer.ok());
    await page.goto(`${server.url}${address}`);
    await asked;
    await settled(page);
    server.cut();
    await page.getByText('The connection to the server is lost').waitFor();
    await page.getByText('The connection to the server is lost').waitFor({ state: 'detached' });
  }
});

journey('a tab out of sight lets its stream go, and knows all when it is seen again', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Running');
  const node = Object.values(run.status.nodes).find((each) => each.phase === 'Running' && each.type === 'Pod');
  const see = (isSeen) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, !isSeen);
  await page.goto(`${server.url}${path(run)}?view=tree&node=${node.id}`);
  const item = (phase) => page.getByRole('treeitem', { name: new RegExp(`^${phase} ${node.displayName}`.replace(/[()]/g, '\\$&')) });
  await item('Running').first().waitFor();
  assert.equal(server.watched(), 1);
  await see(false);
  await server.left(run);
  server.change(run, { [node.id]: { ...node, phase: 'Succeeded', finishedAt: new Date().toISOString() } });
  await see(true);
  await item('Succeeded').first().waitFor();
});

const messageOf = (event, id, data) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

journey('messages that are doubled, torn, senseless or late do no harm', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Running');
  const node = Object.values(run.status.nodes).find((each) => each.phase === 'Running' && each.type === 'Pod');
  await page.goto(`${server.url}${path(run)}?view=tree&node=${node.id}`);
  const item = (phase) => page.getByRole('treeitem', { name: new RegExp(`^${phase} ${node.displayName}`.replace(/[()]/g, '\\$&')) });
  await item('Running').first().waitFor();
  const ended = messageOf('delta', 7, {
    nodes: { [node.id]: { ...node, phase: 'Succeeded', finishedAt: new Date().toISOString() } },
  });
  // Nothing that can be read, a message in two pieces, and the same once more.
  server.tell(run, 'id: 5\nevent: delta\ndata: {"nodes": nonsense\n\n');
  server.tell(run, messageOf('unheard-of', 6, {}));
  server.tell(run, ended.slice(0, 40));
  server.tell(run, ended.slice(40));
  server.tell(run, ended);
  await item('Succeeded').first().waitFor();
  // A whole picture always wins over what came before.
  server.tell(run, messageOf('snapshot', 8, { workflow: run, waits: {} }));
  await item('Running').first().waitFor();
});

for (const [status, told] of [
  [500, 'made to fail with 500'],
  [429, 'The server is busy'],
  [403, 'You may not see this'],
  ['nothing', 'The server does not answer'],
]) {
  journey(`an answer of ${status} says what happened, and trying again mends it`, {
    faults: (hard) => (method, path) => (hard.on && method === 'GET' && /runs|workflows|pipelines/.test(path) ? status : 0),
  }, async ({ page, server }) => {
    const { hard } = server;
    hard.on = true;
    await page.goto(`${server.url}runs`);
    await page.getByRole('alert').getByText(told).first().waitFor();
    hard.on = false;
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await page.locator('tbody tr').first().waitFor();
  });
}

journey('who is not known any more is led to the door and back', {
  faults: (hard) => (_, path) => (hard.on && !/session/.test(path) ? 401 : 0),
}, async ({ page, server }) => {
  const { hard } = server;
  hard.on = true;
  await page.goto(`${server.url}runs?phase=Failed`);
  await page.getByLabel('Token').waitFor();
  hard.on = false;
  await page.getByLabel('Token').fill('any');
  await page.keyboard.press('Enter');
  await page.waitForURL(/runs\?phase=Failed/);
});

journey('from Home to the failing line by keys alone', {}, async ({ page, server }) => {
  await page.goto(server.url);
  const link = page.getByRole('region', { name: 'Failed lately' }).getByRole('listitem').getByRole('link').first();
  await link.waitFor();
  const to = async (wanted) => {
    for (let step = 0; step < 60; step += 1) {
      if (await wanted.evaluate((each) => each === document.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail('the focus does not come there');
  };
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), 'Go to the content');
  await page.keyboard.press('Enter');
  await to(link);
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Summary', selected: true }).waitFor();
  await page.keyboard.press('n');
  await page.waitForURL(/node=/);
  await page.keyboard.press(']');
  await page.getByRole('tab', { name: 'Logs', selected: true }).waitFor();
  await page.getByText('price_test.py::test_rounding').first().waitFor();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !location.search.includes('node='));
});

journey('a run is read as a tree of names and states', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Failed');
  await page.goto(`${server.url}${path(run)}?view=tree`);
  await page.getByRole('tree').waitFor();
  const told = await page.getByRole('main').ariaSnapshot();
  for (const part of [
    /heading ".*" \[level=1\]/,
    /button "Retry"/,
    /tabpanel "Summary"/,
    /treeitem "Succeeded checkout/,
    /treeitem "Failed /,
  ])
    assert.match(told, part);
});

journey("a server with Argo's interface alone is enough", { own: false }, async ({ page, server }) => {
  await page.goto(server.url);
  await page.getByRole('heading', { name: /broken|all right/i }).waitFor();
  const run = byPhase(server, 'Running');
  await page.goto(`${server.url}${path(run)}?view=tree`);
  await page.getByRole('tree').waitFor();
  await page.goto(`${server.url}inbox`);
  await page.getByText('does not offer this page').waitFor();
});

journey('the graph is walked by keys and the selection is in the address', {}, async ({ page, server }) => {
  await page.goto(server.url + path(byPhase(server, 'Succeeded')));
  const graph = page.getByRole('application');
  await graph.waitFor();
  await page.waitForFunction(() => Number(document.querySelector('[role=application]')?.dataset.boxes) > 3);
  await graph.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.getByRole('heading', { level: 2, name: 'checkout' }).waitFor();
  assert.match(page.url(), /node=/);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !location.search.includes('node='));
  await page.goBack();
  await page.getByRole('heading', { level: 2, name: 'checkout' }).waitFor();
});

for (const [verb, phase, told] of [
  ['Stop', 'Running', 'is stopping'],
  ['Suspend', 'Running', 'is suspended'],
  ['Terminate', 'Running', 'is being terminated'],
  ['Retry', 'Failed', 'runs again'],
  ['Resubmit', 'Succeeded', 'began'],
  ['Delete', 'Succeeded', 'was deleted'],
]) {
  journey(`${verb}: said before, told after`, {}, async ({ page, server }) => {
    await page.goto(server.url + path(byPhase(server, phase)));
    await page.locator('.line').getByRole('button', { name: 'More actions' }).waitFor();
    const button = page.getByRole('button', { name: verb, exact: true });
    if (await button.count()) await button.click();
    else {
      await page.locator('.line').getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: verb, exact: true }).click();
    }
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await accessible(page, `the question of ${verb}`);
    await dialog.getByRole('button', { name: verb, exact: true }).click();
    await page.getByRole('status').getByText(told).waitFor();
    assert.ok(server.calls.some((call) => call.method !== 'GET'));
  });
}

journey(
  'a refusal stays in the dialog',
  { fault: (method) => (method === 'PUT' ? 500 : 0) },
  async ({ page, server }) => {
    await page.goto(server.url + path(byPhase(server, 'Running')));
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('dialog').getByText('made to fail with 500').waitFor();
  },
);

journey('a person approves with a choice', {}, async ({ page, server }) => {
  await page.goto(`${server.url}approvals`);
  await page.getByRole('button', { name: 'Approve' }).first().click();
  await page.getByRole('dialog').getByLabel('decision').selectOption('hold');
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await page.getByText('was approved').waitFor();
  const set = server.calls.find((call) => call.path.endsWith('/set'));
  assert.deepEqual(JSON.parse(set.body.outputParameters), { decision: 'hold' });
});

journey('keys go on where they were when what they were on goes away', {}, async ({ page, server }) => {
  const press = async (what) => {
    await what.focus();
    await page.keyboard.press('Enter');
  };
  const stands = (wanted) =>
    page.waitForFunction((told) => {
      const now = document.activeElement;
      return now !== document.body && (now.getAttribute('aria-label') ?? now.textContent).includes(told);
    }, wanted);
  const failed = byPhase(server, 'Failed');
  await page.goto(`${server.url}${path(failed)}?view=tree`);
  await page.getByRole('tab').first().waitFor();
  await press(page.getByRole('button', { name: 'Close the panel' }));
  await page.waitForFunction(() => document.activeElement.closest('[role=tree]'));
  await press(page.getByRole('group', { name: 'What went wrong' }).getByRole('button').first());
  await stands('Summary');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement.closest('[role=tree]'));
  await page.goto(`${server.url}approvals`);
  await press(page.getByRole('button', { name: 'Approve' }).first());
  await press(page.getByRole('dialog').getByRole('button', { name: 'Approve' }));
  await page.getByText('was approved').waitFor();
  await page.waitForFunction(() => document.querySelector('main').contains(document.activeElement));
  await page.goto(`${server.url}runs?search=delivery`);
  await press(page.getByRole('link', { name: 'Clear filters' }));
  await page.getByRole('link', { name: 'Clear filters' }).waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.querySelector('main').contains(document.activeElement));
  // Who clicks beside everything is left alone.
  await press(page.getByRole('button', { name: /^Failed/ }).first());
  await page.getByRole('link', { name: 'Clear filters' }).waitFor();
  await page.mouse.click(1270, 790);
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await page.getByRole('link', { name: 'Clear filters' }).waitFor({ state: 'detached' });
});

journey('buttons that do the same to different things are told apart by what they are called', {}, async ({ page, server }) => {
  for (const address of ['', 'schedules', 'approvals', 'pipelines']) {
    await page.goto(server.url + address);
    await page.locator('main').getByRole('button').first().waitFor();
    await settled(page);
    const names = await page.locator('main button').evaluateAll((all) =>
      all.filter((each) => each.getClientRects().length > 0 && !each.closest('.segments') && !each.classList.contains('next')).map((each) => each.getAttribute('aria-label') ?? each.textContent.trim()),
    );
    assert.deepEqual(names.filter((name, at) => names.indexOf(name) !== at), [], address || 'home');
  }
});

journey('many runs are retried at once', {}, async ({ page, server }) => {
  await page.goto(`${server.url}runs?phase=Failed`);
  await page.getByLabel('Select all on this page').check();
  await page.getByRole('toolbar').getByRole('button', { name: 'Retry' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
  await page.getByText(/Retry: \d+ of \d+ done/).waitFor();
});

journey('filters are in the address', {}, async ({ page, server }) => {
  await page.goto(`${server.url}runs`);
  await page.getByLabel('Name contains').fill('train');
  await page.waitForURL(/search=train/);
  await page.waitForFunction(() =>
    [...document.querySelectorAll('tbody .which div a')].every((each) => each.textContent.includes('train')),
  );
});

journey('a run is found by how its name begins, by labels, by its pipeline and by when it was', {}, async ({ page, server }) => {
  const shown = () => page.locator('tbody .which div a').allTextContents();
  /** Until there are rows, and the names of all begin so. */
  const untilAll = (prefix) =>
    page.waitForFunction((prefix) => {
      const names = [...document.querySelectorAll('tbody .which div a')].map((each) => each.textContent);
      return names.length > 0 && names.every((name) => name.startsWith(prefix));
    }, prefix);
  await page.goto(`${server.url}runs`);
  await page.getByLabel('How the name is compared').selectOption('begins with');
  await page.getByLabel('Name begins with').fill('report');
  await page.getByText('No runs match').waitFor();
  await page.getByLabel('Name begins with').fill('nightly');
  await untilAll('nightly');
  await accessible(page, 'filters of runs');
  // What was looked for is offered the next time (UI-064).
  await page.getByLabel('Name begins with').blur();
  await page.locator('#recent-names option[value=nightly]').waitFor({ state: 'attached' });
  const [one] = await shown();
  await page.getByLabel('How the name is compared').selectOption('is not');
  await page.getByLabel('Name is not').fill(one);
  await page.waitForURL(/match=NotEquals/);
  await page.waitForFunction((name) => ![...document.querySelectorAll('tbody .which div a')].some((each) => each.textContent === name), one);
  await page.getByRole('link', { name: 'Clear filters' }).click();
  const labels = page.getByLabel('Labels', { exact: true });
  await labels.fill('workflows.argoproj.io/workflow-template=cleanup');
  await page.getByText('No runs match').or(page.locator('tbody tr').first()).first().waitFor();
  await labels.press('Enter');
  await page.getByText('No runs match').waitFor();
  await page.getByRole('button', { name: 'Without workflows.argoproj.io/workflow-template=cleanup' }).click();
  await page.waitForURL((url) => !url.search.includes('label'));
  await page.getByLabel('Pipeline', { exact: true }).hover();
  await page.getByLabel('Pipeline', { exact: true }).selectOption('cleanup');
  await untilAll('cleanup');
  await page.getByLabel('Created since').selectOption('Between…');
  await page.getByLabel('Finished before').fill('2020-01-01T00:00');
  await page.getByText('No runs match').waitFor();
});

journey('a row opens: what it says in full, and its labels as filters', {
  info: { columns: [{ name: 'Team', type: 'label', key: 'team' }, { name: 'Ticket', type: 'annotation', key: 'example.com/ticket' }] },
}, async ({ page, server }) => {
  const [run] = server.held.runs.filter((each) => each.status.phase === 'Failed');
  run.metadata.labels['team'] = 'web';
  run.metadata.annotations['example.com/ticket'] = 'T-7';
  await page.goto(`${server.url}runs`);
  const row = page.getByRole('row', { name: new RegExp(run.metadata.name) });
  await page.getByRole('columnheader', { name: 'Team' }).waitFor();
  await row.getByRole('cell', { name: 'web', exact: true }).waitFor();
  await row.getByRole('cell', { name: 'T-7', exact: true }).waitFor();
  await page.getByRole('button', { name: `Details of ${run.metadata.name}` }).click();
  await page.locator('.details').getByText('Created').waitFor();
  await accessible(page, 'details of a row');
  await keep(page, 'details of a row');
  await page.getByRole('button', { name: 'team=web' }).click();
  await page.waitForURL(/label=team%3Dweb/);
  await page.waitForFunction(() => document.querySelectorAll('tbody .which').length === 1);
  await page.locator('.details').getByRole('button', { name: 'team=web', pressed: true }).click();
  await page.waitForFunction(() => document.querySelectorAll('tbody .which').length > 1);
});

journey('from an empty server to a run', { state: 'empty' }, async ({ page, server }) => {
  await page.goto(server.url);
  await page.getByRole('link', { name: 'Run an example' }).click();
  await page.getByText('No problems found').waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/runs\/default\/fresh/);
});

journey('the editor completes from the schema, and draws what is written', {}, async ({ page, server }) => {
  await page.goto(`${server.url}new`);
  await page.getByText('No problems found').waitFor();
  const editor = page.getByRole('textbox', { name: 'Manifest' });
  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText('kind: Workflow\nmetadata: {generateName: a-}\nspec:\n  ');
  await page.keyboard.type('entryp');
  await page.getByRole('option', { name: /entrypoint/ }).waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(
    'kind: Workflow\nmetadata: {generateName: a-}\nspec:\n  entrypoint: main\n  templates:\n    - name: main\n      dag: {tasks: [{name: one, template: work}, {name: two, template: work, dependencies: [one]}]}\n    - name: work\n      container: {image: busybox}\n',
  );
  await page.waitForFunction(() => document.querySelector('[role=application]')?.dataset.boxes === '3');
});

journey('the editor marks a mistake and mends it', {}, async ({ page, server }) => {
  await page.goto(`${server.url}new`);
  const editor = page.getByRole('textbox', { name: 'Manifest' });
  await editor.waitFor();
  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText('kind: Workflow\nspec:\n  entrpoint: main\n');
  await page.getByText('unknown field').first().waitFor();
  await page.getByRole('button', { name: 'Fix' }).first().click();
  await page.getByText('No problems found').waitFor();
});

journey('a manifest is filled in by its form, and written as JSON or YAML', {}, async ({ page, server }) => {
  await page.goto(`${server.url}new`);
  await page.getByText('No problems found').waitFor();
  await page.getByRole('button', { name: 'Form', exact: true }).click();
  await page.waitForURL(/side=fill/);
  const editor = page.getByRole('textbox', { name: 'Manifest' });
  const labels = page.getByRole('region', { name: 'Labels', exact: true });
  await labels.getByLabel('Name').fill('team');
  await labels.getByLabel('Value').fill('web');
  await labels.getByRole('button', { name: 'Add' }).click();
  await editor.getByText('team: web').waitFor();
  await labels.getByLabel('team', { exact: true }).fill('data');
  await labels.getByLabel('team', { exact: true }).press('Tab');
  await editor.getByText('team: data').waitFor();
  await accessible(page, 'the form of a manifest');
  await page.getByRole('button', { name: 'JSON', exact: true }).click();
  await editor.getByText('"team": "data"').waitFor();
  await labels.getByRole('button', { name: 'Remove team' }).click();
  await editor.getByText('"team": "data"').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'YAML', exact: true }).click();
  await editor.getByText('kind: Workflow').waitFor();
});

journey('a pipeline is run with its form', {}, async ({ page, server }) => {
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery`);
  await page.getByLabel('target').selectOption('production');
  await page.locator('form').getByRole('button', { name: 'Run' }).click();
  await page.waitForURL(/runs\/default\/fresh/);
  assert.deepEqual(server.calls.find((call) => call.path.endsWith('/submit')).body.submitOptions.parameters, [
    'target=production',
  ]);
});

journey('a token opens the door and the page that was asked for', { token: 'sesame' }, async ({ page, server }) => {
  await page.goto(`${server.url}runs?phase=Failed`);
  await page.getByLabel('Token').fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('does not know this token').waitFor();
  await page.getByLabel('Token').fill('sesame');
  await page.keyboard.press('Enter');
  await page.waitForURL(/runs\?phase=Failed/);
  await page.getByRole('heading', { name: 'Runs' }).waitFor();
});

journey('everything works under a sub-path', { base: '/team/tiphys/' }, async ({ page, server }) => {
  await page.goto(`${server.url}runs`);
  await page.locator('tbody a').first().click();
  await page.getByRole('application').waitFor();
  assert.match(new URL(page.url()).pathname, /^\/team\/tiphys\/runs\//);
});

journey('anything is found by Ctrl-K: pages, pipelines, runs, steps and actions', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Running');
  const find = async (typed, name) => {
    await page.keyboard.press('Control+k');
    const field = page.getByPlaceholder('Page, run, pipeline');
    await field.waitFor();
    await field.fill(typed);
    await page.getByRole('option', { name }).first().waitFor();
    const box = await page.getByRole('dialog').boundingBox();
    assert.ok(box.x > 0 && box.y > 0 && box.x + box.width < 1280, 'it floats over the page');
    await page.getByRole('option', { name }).first().click();
  };
  await page.goto(server.url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await find('sched', 'Schedules');
  await page.waitForURL(/schedules/);
  await find('train-mod', /^train-model/);
  await page.waitForURL(/pipelines\/WorkflowTemplate\/default\/train-model|runs\/default\/train-model/);
  await find(run.metadata.name, new RegExp(`^Running ${run.metadata.name}|^${run.metadata.name}`));
  await page.waitForURL(`**/${path(run)}`);
  await page.getByRole('application').waitFor();
  await find('checkout', /checkout/);
  await page.getByRole('heading', { level: 2, name: 'checkout' }).waitFor();
  await find('Suspend', `Suspend ${run.metadata.name}`);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await keys.waitFor();
  assert.equal(await keys.getByRole('heading', { level: 3 }).first().textContent(), 'On a run', 'the keys of this page come first');
  await accessible(page, 'the list of keys');
});

journey('what a pipeline, a run and the pages can do is done from Ctrl-K by keys alone', {}, async ({ page, server }) => {
  const open = async (typed) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Find anything' }).fill(typed);
  };
  const chosen = (name) => page.getByRole('option', { name, selected: true }).waitFor();
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await open('run delivery');
  await chosen('Run delivery');
  await accessible(page, 'the palette');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Run delivery' }).getByRole('button', { name: 'Cancel' }).click();
  await open('dark');
  await chosen('Theme: Dark');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  await open('no such thing');
  await page.getByRole('status').getByText('Nothing found').waitFor();
  assert.equal(await page.getByRole('combobox', { name: 'Find anything' }).getAttribute('aria-expanded'), 'false');
  await page.getByRole('combobox', { name: 'Find anything' }).fill('');
  const offered = page.getByRole('listbox', { name: 'Find anything' }).getByRole('option');
  await offered.nth(9).waitFor();
  await page.keyboard.press('PageDown');
  assert.equal(await offered.nth(8).getAttribute('aria-selected'), 'true');
  await page.keyboard.press('ArrowUp');
  assert.equal(await offered.nth(7).getAttribute('aria-selected'), 'true');
  await page.keyboard.press('Escape');
  const run = byPhase(server, 'Succeeded');
  await page.goto(server.url + path(run));
  await page.getByRole('application').waitFor();
  await open(`delete ${run.metadata.name}`);
  await chosen(`Delete ${run.metadata.name}`);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.waitForURL(/\/runs$/);
});

journey('settings say whose releases these are, and how a terminal comes here', { release: '9.9.9', base: '/team/tiphys/' }, async ({ page, server }) => {
  await page.goto(`${server.url}settings`);
  await page.getByText('Tiphys 9.9.9').waitFor();
  await page.getByText('of another release than the server').waitFor();
  const { origin, host } = new URL(server.url);
  await page.getByText(`tiphys list -s ${origin}/team/tiphys`).waitFor();
  const words = await page.locator('pre').nth(1).textContent();
  for (const word of [`export ARGO_SERVER=${host}`, 'export ARGO_SECURE=false', 'export ARGO_BASE_HREF=/team/tiphys'])
    assert.ok(words.split('\n').includes(word), word);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Token').waitFor();
});

journey('titles tell the page, and going back and forward tells them again', {}, async ({ page, server }) => {
  const title = (wanted) => page.waitForFunction((told) => document.title.includes(told), wanted);
  await page.goto(server.url);
  await title('Home');
  await page.getByRole('navigation').getByRole('link', { name: 'Runs' }).click();
  await title('Runs');
  await page.getByRole('navigation').getByRole('link', { name: 'Locks' }).click();
  await title('Locks');
  await page.goBack();
  await title('Runs');
  await page.goBack();
  await title('Home');
  await page.goForward();
  await title('Runs');
  await page.locator('tbody .which div a').first().click();
  await title(server.held.runs[0].status.phase);
});

journey('theme, zone and density are chosen and kept', {}, async ({ page, server }) => {
  await page.goto(`${server.url}settings`);
  await page.getByLabel('Dark').check();
  await page.getByLabel('UTC').check();
  await page.getByLabel('Compact').check();
  await page.goto(server.url + path(byPhase(server, 'Failed')));
  await page.locator('html[data-theme=dark][data-density=compact]').waitFor();
  // Times are told as people say them; the exact one is on hover.
  const started = page.locator('.facts dd[title*=UTC]').first();
  await started.waitFor();
  assert.match(await started.getAttribute('title'), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  assert.match(await started.textContent(), /ago|now/);
  await page.goto(`${server.url}settings`);
  await page.getByLabel('Exact').check();
  await page.goto(`${server.url}runs`);
  await page.locator('tbody td.mid time').first().waitFor();
  for (const told of await page.locator('tbody td.mid time').allTextContents()) assert.match(told, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  assert.ok((await surplus(page)) <= 0);
});

journey('names have room beside figures and exact times', {}, async ({ page, server }) => {
  await page.goto(`${server.url}settings`);
  await page.getByLabel('Exact').check();
  for (const [width, address] of [[1280, ''], [900, ''], [768, 'pipelines'], [768, '']]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(server.url + address);
    await page.locator('td.name a').first().waitFor();
    const cramped = await page.evaluate(() => {
      const isCut = (name) => name.scrollWidth > name.clientWidth + 1;
      const isBroken = (name) => name.getClientRects().length > 1;
      const names = [...document.querySelectorAll('td.name a')].filter(isBroken);
      return [...names, ...[...document.querySelectorAll('.lines a.cut:not(.waiting)')].filter(isCut)].map((name) => name.textContent);
    });
    assert.deepEqual(cramped, [], `at ${width} px`);
    assert.ok((await surplus(page)) <= 0);
  }
  // Two cards beside a tall one leave no hole below it.
  const [failed, , running] = await page.locator('.three section').evaluateAll((all) => all.map((each) => each.getBoundingClientRect().toJSON()));
  assert.ok(Math.abs(failed.bottom - running.bottom) < 2 && running.left > failed.right);
  await page.getByRole('link', { name: /^Running now/ }).click();
  await page.waitForURL(/runs\?phase=/);
});

journey('names that differ in their last letters are told apart at every width, and columns stay where they are', { width: 1280 }, async ({ page, server }) => {
  const pipeline = 'ingest-of-the-sales-of-all-regions-and-of-everything-else';
  const made = ['aaaaa', 'bbbbb'].map((letters) => {
    const run = structuredClone(byPhase(server, 'Failed'));
    Object.assign(run.metadata, { name: `${pipeline}-${letters}`, uid: letters, namespace: 'production-of-another-region' });
    run.metadata.labels['workflows.argoproj.io/workflow-template'] = pipeline;
    return run;
  });
  server.held.runs.unshift(...made);
  for (const width of [380, 768, 1101, 1280, 1600, 2560]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`${server.url}runs`);
    const link = page.getByRole('link', { name: made[0].metadata.name, exact: true });
    await link.waitFor();
    await settled(page);
    const facts = await page.evaluate(() => {
      const isSeen = ({ clientWidth }) => clientWidth > 0;
      const list = document.querySelector('.card.scroll');
      const tails = [...document.querySelectorAll('td.which .tail')].map((tail) => tail.getBoundingClientRect().right <= tail.closest('td').getBoundingClientRect().right);
      const cells = [...document.querySelectorAll('tbody td.pipeline, tbody td.message')].filter(isSeen);
      return { surplus: list.scrollWidth - list.clientWidth, tails, wrapped: cells.filter((cell) => cell.clientHeight > 60).length, least: Math.min(...cells.map((cell) => cell.clientWidth)) };
    });
    assert.ok(facts.surplus <= 0, `${width}: ${facts.surplus} px do not fit`);
    assert.ok(facts.tails.length >= 2 && facts.tails.every(Boolean), `${width}: the end of a name is cut`);
    assert.equal(facts.wrapped, 0, `${width}: cells break their words`);
    assert.ok(facts.least >= 80, `${width}: a column of ${facts.least} px`);
    assert.deepEqual(await overlaps(page), [], `at ${width}`);
  }
});

journey('the keys of all sections stand in columns of one width, and those of another keyboard are not shown', {}, async ({ page, server }) => {
  await page.goto(server.url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keys' });
  await dialog.waitFor();
  const facts = await dialog.evaluate((root) => ({
    widths: [...new Set([...root.querySelectorAll('dt')].map((dt) => Math.round(dt.clientWidth)))],
    wide: [...root.querySelectorAll('dt')].filter((dt) => dt.scrollWidth > dt.clientWidth).map((dt) => dt.textContent),
  }));
  assert.deepEqual(facts.wide, []);
  assert.equal(facts.widths.length, 1, `${facts.widths}`);
  assert.equal(await dialog.getByText('⌘').count(), 0);
});

journey('two runs are compared in the order in which their steps began', {}, async ({ page, server }) => {
  const [a, b] = server.held.runs.filter((run) => run.status.phase === 'Succeeded');
  for (const run of [a, b]) run.status.nodes = Object.fromEntries(Object.entries(run.status.nodes).reverse());
  const named = ({ metadata }) => `${metadata.namespace}/${metadata.name}`;
  await page.goto(`${server.url}compare?a=${named(a)}&b=${named(b)}&all=true`);
  const cells = page.locator('tbody tr td:first-child');
  await page.getByRole('cell', { name: 'checkout', exact: true }).waitFor();
  const told = (await cells.allTextContents()).map((cell) => cell.trim());
  const places = ['checkout', 'build', 'package', 'deploy'].map((name) => told.indexOf(name));
  assert.ok(told.indexOf('Whole run') < places[0]);
  assert.deepEqual(places, [...places].sort((x, y) => x - y), told.join(', '));
  await page.getByRole('columnheader', { name: 'Difference' }).waitFor();
});

journey('two runs are chosen in the list, and compared by what their steps gave out', {}, async ({ page, server }) => {
  const [b, a] = server.held.runs.filter((each) => each.status.phase === 'Succeeded');
  for (const [run, value] of [[a, '0.87'], [b, '0.91']]) {
    const node = Object.values(run.status.nodes).find((each) => each.displayName === 'build');
    node.outputs = { ...node.outputs, parameters: [{ name: 'accuracy', value }] };
  }
  await page.goto(`${server.url}runs?phase=Succeeded`);
  for (const run of [a, b]) await page.getByLabel(`Select ${run.metadata.name}`).check();
  await page.getByRole('toolbar').getByRole('link', { name: 'Compare' }).click();
  const row = page.getByRole('row').filter({ hasText: 'build › accuracy' });
  await row.waitFor();
  assert.deepEqual(await row.getByRole('cell').allTextContents().then((all) => all.slice(0, 3)), ['build › accuracy', '0.87', '0.91']);
});

journey('on every screen the inbox tells what came, and what came of it', { width: 380 }, async ({ page, server }) => {
  for (const width of [380, 768, 1280]) {
    await page.setViewportSize({ width, height: 640 });
    await page.goto(`${server.url}inbox`);
    const rows = page.locator('.list li button');
    await rows.first().waitFor();
    const cut = await rows.locator('b').evaluateAll((all) => all.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent));
    assert.deepEqual(cut, [], `at ${width}`);
    await page.getByText(/^began \S+/).first().waitFor();
    const places = await rows.locator('b + span').evaluateAll((all) => all.map((each) => Math.round(each.getBoundingClientRect().left)));
    assert.equal(new Set(places).size, 1, `at ${width} what came of them does not stand in a column: ${places}`);
    await rows.last().click();
    await page.getByRole('heading', { name: 'Payload' }).waitFor();
    const box = await page.locator('.chosen h2').boundingBox();
    assert.ok(box.y > 40 && box.y < 640, `at ${width} the delivery is at ${box.y}`);
  }
});

journey('two runs that do not differ are said not to, without a column for it', {}, async ({ page, server }) => {
  const [run] = server.held.runs.filter((each) => each.status.phase === 'Succeeded');
  const named = `${run.metadata.namespace}/${run.metadata.name}`;
  await page.goto(`${server.url}compare?a=${named}&b=${named}`);
  await page.getByRole('cell', { name: 'These two do not differ.' }).waitFor();
  await page.getByLabel('Only differences').uncheck();
  await page.getByRole('cell', { name: 'checkout', exact: true }).waitFor();
  assert.equal(await page.getByRole('columnheader').count(), 3);
});

journey('with colours that a system forces bars, boxes and what is chosen can still be seen', {}, async ({ page, server }) => {
  await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
  await page.goto(server.url);
  const bar = page.locator('.bar.failed span').first();
  await bar.waitFor();
  const colour = (which) => which.evaluate((each) => getComputedStyle(each).color);
  assert.notEqual(await colour(bar), await colour(page.locator('.bar.succeeded span').first()));
  assert.equal(await page.locator('nav a[aria-current=page]').evaluate((each) => getComputedStyle(each).outlineWidth), '2px');
  await page.goto(`${server.url}${path(byPhase(server, 'Failed'))}`);
  await page.waitForFunction(() => Number(document.querySelector('[role=application]')?.dataset.boxes) > 0);
  const shades = await page.waitForFunction(() => {
    const canvas = document.querySelector('[role=application] canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set(new Uint32Array(data.buffer));
    return found.size > 20 ? found.size : 0;
  });
  assert.ok((await shades.jsonValue()) > 20);
  await keep(page, 'forced colours');
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery`);
  const ground = (which) => which.evaluate((each) => getComputedStyle(each).backgroundColor);
  const grown = page.locator('.grid .bar a');
  await grown.first().waitFor();
  assert.notEqual(await ground(page.locator('.grid .bar .succeeded span').first()), await ground(page.locator('.grid .bar .failed span').first()));
  const failed = byPhase(server, 'Failed');
  await page.goto(`${server.url}logs/${failed.metadata.namespace}/${failed.metadata.name}`);
  const bad = page.locator('.line.bad').first();
  await bad.waitFor();
  assert.equal(await bad.evaluate((each) => getComputedStyle(each).borderInlineStartWidth), '3px', 'what looks like an error is marked');
});

journey('enlarged four times every page flows anew, and a log can be read', { width: 320 }, async ({ page, server }) => {
  await page.setViewportSize({ width: 320, height: 256 });
  const failed = byPhase(server, 'Failed');
  const log = `logs/${failed.metadata.namespace}/${failed.metadata.name}`;
  for (const address of ['', 'runs', 'pipelines', 'pipelines/WorkflowTemplate/default/delivery', 'schedules', 'approvals', 'inbox', 'locks', 'compare', 'new', 'settings', path(failed), `${path(failed)}?view=timeline`, log]) {
    await page.goto(server.url + address);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await settled(page);
    assert.ok((await surplus(page)) <= 0, `${address || 'home'} is too wide`);
  }
  const lines = await page.getByRole('log').boundingBox();
  assert.ok(lines.height > 120, `the log is ${lines.height} px high`);
});

journey('a timeline without a bar says why', {}, async ({ page, server }) => {
  await page.goto(`${server.url}${path(byPhase(server, 'Succeeded'))}?view=timeline&find=no-such-step`);
  await page.getByText('No step that ran is one of those.').waitFor();
});

journey('a run lists the files of all its steps, and says what went wrong beside them', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Succeeded');
  run.status.conditions = [{ type: 'ArtifactGCError', status: 'True', message: 'the bucket is gone' }];
  await page.goto(`${server.url}${path(run)}?node=${run.metadata.name}&tab=artifacts`);
  await page.getByText('the bucket is gone').waitFor();
  const files = page.getByRole('tabpanel');
  await files.getByRole('heading', { name: 'Files of build' }).waitFor();
  assert.equal(await files.getByRole('link', { name: 'Download' }).count(), 2);
  await accessible(page, 'the files of a run');
  await files.getByRole('button', { name: 'build', exact: true }).click();
  await page.getByRole('heading', { level: 2, name: 'build' }).waitFor();
});

journey('the graph folds, focuses, marks and finds, and is saved as a picture', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Succeeded');
  const at = (label) => Object.values(run.status.nodes).find((node) => node.displayName === label).id;
  const boxes = (holds) => page.waitForFunction((told) => new Function('n', `return ${told}`)(Number(document.querySelector('[role=application]')?.dataset.boxes)), holds);
  await page.goto(`${server.url}${path(run)}?node=${at('package')}`);
  await boxes('n > 5');
  const graph = page.getByRole('application');
  const all = Number(await graph.getAttribute('data-boxes'));
  const more = async (what) => {
    await page.getByRole('button', { name: 'More about the graph' }).click();
    await page.getByRole('menuitem', { name: what }).click();
  };
  await more('Only what leads here');
  await boxes(`n > 0 && n < ${all}`);
  await more('Show everything');
  await boxes(`n === ${all}`);
  await more('Only what follows');
  await boxes(`n > 0 && n < ${all}`);
  await more('Show everything');
  for (const name of ['Critical path', 'Colour by duration']) {
    await page.getByRole('button', { name }).click();
    await page.getByRole('button', { name, pressed: true }).waitFor();
  }
  await page.goto(`${server.url}${path(run)}?node=${run.metadata.name}`);
  await boxes(`n === ${all}`);
  await page.getByRole('button', { name: 'Fold', exact: true }).click();
  await boxes('n === 1');
  await page.getByRole('button', { name: 'Unfold', exact: true }).click();
  await boxes(`n === ${all}`);
  await page.getByLabel('Find a step').fill('checkout');
  await page.getByText('1 match').waitFor();
  for (const [what, begins] of [['As SVG', '<svg'], ['As PNG', '\x89PNG']]) {
    const saved = page.waitForEvent('download');
    await more(what);
    const file = readFileSync(await (await saved).path(), 'latin1');
    assert.ok(file.slice(0, 200).includes(begins), what);
    assert.ok(!/<script/i.test(file));
  }
});

journey('the graph lies from left to right where that is wanted, and stays so', {}, async ({ page, server }) => {
  const address = server.url + path(byPhase(server, 'Succeeded'));
  await page.goto(address);
  const across = (pressed) => page.getByRole('button', { name: 'From left to right', pressed });
  await across(false).click();
  await across(true).waitFor();
  await page.goto(address);
  await across(true).waitFor();
  await page.waitForFunction(() => Number(document.querySelector('[role=application]')?.dataset.boxes) > 3);
  await page.getByRole('application').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('heading', { level: 2, name: 'checkout' }).waitFor();
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'More about the graph' }).click();
  await page.getByRole('menuitem', { name: 'As SVG' }).click();
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(readFileSync(await (await saved).path(), 'utf8'));
  assert.ok(Number(width) > Number(height), 'it is wider than high');
});

journey('runs are counted by state, whichever are shown', {}, async ({ page, server }) => {
  const count = (phase) => server.held.runs.filter((run) => run.status.phase === phase).length;
  await page.goto(`${server.url}runs?phase=Failed`);
  for (const phase of ['Running', 'Succeeded', 'Failed', 'Error'])
    await page.getByRole('button', { name: `${phase} ${count(phase)}`, exact: true }).waitFor();
  server.change(byPhase(server, 'Running'), {}, { phase: 'Succeeded', finishedAt: new Date().toISOString() });
  await page.getByRole('button', { name: `Running ${count('Running')}`, exact: true }).waitFor();
});

journey('how a pipeline fares is drawn, and a bar leads to its run', {}, async ({ page, server }) => {
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery`);
  await page.getByRole('button', { name: 'Trends' }).click();
  const chart = page.getByRole('group', { name: /^Duration of runs: \d+ runs, half of those that succeeded within / });
  await chart.locator('canvas').waitFor();
  await page.getByLabel('Step', { exact: true }).selectOption('build');
  await page.getByRole('group', { name: /^Duration of a step build: / }).locator('canvas').waitFor();
  await page.getByRole('group', { name: /^Resources, as time of one unit cpu: / }).locator('canvas').waitFor();
  await accessible(page, 'trends');
  await keep(page, 'trends');
  const box = await chart.locator('.u-over').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.locator('.says').getByText(/^delivery-\w+: /).first().waitFor();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForURL(/runs\/default\/delivery-/);
});

journey('the bars of a chart and of Home are read and opened by keys alone', {}, async ({ page, server }) => {
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery?tab=trends`);
  const chart = page.getByRole('group', { name: /^Duration of runs: / });
  await chart.locator('canvas').waitFor();
  const bars = chart.getByRole('link');
  const [last, before] = [bars.last(), bars.nth((await bars.count()) - 2)];
  await page.getByRole('button', { name: 'Versions', exact: true }).focus();
  await page.keyboard.press('Tab');
  await last.and(page.locator(':focus')).waitFor();
  await page.keyboard.press('ArrowLeft');
  await before.and(page.locator(':focus')).waitFor();
  const told = await before.textContent();
  await page.locator('.says').getByText(told, { exact: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/${told.split(':')[0]}*`);
  await page.goto(server.url);
  const strip = page.getByRole('row', { name: /delivery/ }).first().getByRole('group', { name: /^Last runs: / });
  await strip.getByRole('link').last().focus();
  await page.keyboard.press('Home');
  await strip.getByRole('link').first().and(page.locator(':focus')).waitFor();
  const name = (await strip.getByRole('link').first().getAttribute('aria-label')).split(':')[0];
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/${name}*`);
});

journey('waiting, starting and running are told apart over time, and what is planned stands below', {}, async ({ page, server }) => {
  await page.goto(`${server.url}${path(byPhase(server, 'Running'))}?view=timeline`);
  const lane = page.getByRole('listbox', { name: 'Steps over time' });
  await lane.locator('.bar.waited').first().waitFor();
  await lane.locator('.bar.starting').first().waitFor();
  await lane.focus();
  await page.keyboard.press('End');
  await lane.getByRole('option', { selected: true }).getByText('Planned').first().waitFor();
  await page.goto(`${server.url}${path(byPhase(server, 'Succeeded'))}?view=timeline`);
  await page.locator('.legend').getByText('Critical path').waitFor();
  // Items of a loop differ in their brackets, which stay where names have no room.
  await page.setViewportSize({ width: 380, height: 800 });
  const item = page.getByRole('option', { name: /^Succeeded shards\(1:1\)/ });
  const [tail, row] = [await item.locator('.tail').boundingBox(), await item.locator('.name').boundingBox()];
  assert.ok(tail.width > 20 && tail.x + tail.width <= row.x + row.width, 'the item is cut off');
});

journey('back leads through what was looked at: tabs, views and filters', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Succeeded');
  const node = Object.values(run.status.nodes).find((each) => each.displayName === 'lint');
  await page.goto(`${server.url}${path(run)}?view=tree&node=${node.id}`);
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByRole('button', { name: 'Timeline', exact: true }).click();
  await page.getByRole('listbox', { name: 'Steps over time' }).waitFor();
  await page.goBack();
  await page.getByRole('tree').waitFor();
  await page.getByRole('tab', { name: 'Logs', selected: true }).waitFor();
  await page.goBack();
  await page.getByRole('tab', { name: 'Summary', selected: true }).waitFor();
  await page.goto(`${server.url}runs`);
  await page.getByRole('button', { name: /^Failed/ }).click();
  await page.getByRole('button', { name: /^Failed/, pressed: true }).waitFor();
  await page.goBack();
  await page.getByRole('button', { name: /^Failed/, pressed: false }).waitFor();
});

journey('letters are no keys for who turned them off', {}, async ({ page, server }) => {
  await page.goto(`${server.url}settings`);
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('group', { name: 'Keys of one letter' }).getByLabel('Off').check();
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('?');
  await page.keyboard.press('c');
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Page, run, pipeline').waitFor();
  assert.equal(await page.getByRole('dialog', { name: 'Keys' }).count(), 0);
  assert.match(page.url(), /settings/);
});

journey('what is found in a log is marked, and who opens the link finds the same', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Failed');
  const broken = Object.values(run.status.nodes).find((node) => node.phase === 'Failed' && node.type === 'Pod');
  await page.goto(`${server.url}${path(run)}?view=tree&node=${broken.id}&tab=logs`);
  await page.getByLabel('Search in the log').fill('TEST_round');
  await page.locator('mark').getByText('test_round', { exact: true }).first().waitFor();
  await page.waitForURL(/q=TEST_round/);
  await accessible(page, 'marks in a log');
  await page.goto(page.url());
  await page.locator('mark').getByText('test_round', { exact: true }).first().waitFor();
});

journey('what came from outside and what it begins are made in the editor, and nothing is replaced unasked', {}, async ({ page, server }) => {
  await page.goto(`${server.url}new?example=webhook`);
  await page.getByText('No problems found').waitFor();
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  // A binding of this name is there already.
  const dialog = page.getByRole('dialog', { name: 'Replace what is there?' });
  await dialog.getByText('on-push is on the server already, or changed since you began').waitFor();
  await dialog.getByRole('button', { name: 'Replace', exact: true }).click();
  await page.waitForURL(/pipelines\/WorkflowTemplate\/default\/on-push/);
  await page.goto(`${server.url}workflow-event-bindings`);
  await page.getByRole('heading', { level: 2, name: /on-push/ }).waitFor();
  await page.getByText('/api/v1/events/default/push').waitFor();
  await accessible(page, 'bindings');
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Manifest' }).getByText('WorkflowEventBinding').waitFor();
  // Somebody else changes a pipeline while it is edited here.
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery`);
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Edit delivery' }).waitFor();
  await page.getByText('No problems found').waitFor();
  server.held.templates.find((each) => each.metadata.name === 'delivery').spec.priority = 7;
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('delivery was changed meanwhile').waitFor();
  await page.getByRole('group', { name: 'What this changes in delivery' }).getByText('priority: 7').waitFor();
  assert.match(page.url(), /edit=WorkflowTemplate%2Fdefault%2Fdelivery/, 'editing has an address of its own');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.waitForURL(/pipelines\/WorkflowTemplate\/default\/delivery/);
});

journey('a pipeline begins with the default of an enum, though it is not the first choice', {}, async ({ page, server }) => {
  const template = server.held.templates.find((each) => each.metadata.name === 'delivery');
  const target = template.spec.arguments.parameters.find((each) => each.enum);
  target.value = target.enum.at(-1);
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery`);
  const field = page.locator('form').getByLabel(target.name);
  await field.waitFor();
  assert.equal(await field.inputValue(), target.value);
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery?parameters[${target.name}]=${target.enum[0]}`);
  await field.waitFor();
  assert.equal(await field.inputValue(), target.enum[0]);
  await field.selectOption(target.value);
  assert.equal(await field.inputValue(), target.value);
});

journey('a schedule is held back, and filled in, from its own page too', {}, async ({ page, server }) => {
  await page.goto(`${server.url}pipelines/CronWorkflow/default/nightly-report`);
  await page.getByText('every day at 03:00').waitFor();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Backfill' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^in \d+ / }).click();
  assert.equal(await page.getByRole('region', { name: 'Next ten times' }).getByRole('listitem').count(), 10);
  await page.getByRole('button', { name: 'Suspend', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend schedule' }).click();
  await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
});

journey('the list of schedules tells what was missed, and is calm about what was let go on purpose', {}, async ({ page, server }) => {
  await page.goto(`${server.url}schedules`);
  const nightly = page.getByRole('row').filter({ hasText: 'nightly-report' });
  await nightly.getByRole('img', { name: 'on' }).waitFor();
  assert.equal(await page.getByText(/Missed .*: the server was not running/).count(), 2);
  await page.getByText('and 2 earlier').waitFor();
  await page.getByRole('row').filter({ hasText: 'cleanup' }).getByRole('img', { name: 'suspended' }).waitFor();
  assert.equal(await page.getByText('the schedule is suspended').count(), 0);
  await accessible(page, 'the list of schedules with missed times');
  // Once it goes again, what was before that is over.
  server.held.recent = [{ at: new Date(Date.now() - 12 * 3_600_000).toISOString(), outcome: 'run', run: 'x', onPurpose: true }];
  await page.reload();
  await page.getByText(/Missed .*: the server was not running/).waitFor();
  assert.equal(await page.getByText(/Missed .*: the server was not running/).count(), 1);
  assert.equal(await page.getByText(/^and \d+ earlier/).count(), 0);
});

journey('a delivery that began nothing says why, and of which one it is a repetition', {}, async ({ page, server }) => {
  await page.goto(`${server.url}inbox`);
  await page.getByRole('button', { name: /default\/tag/ }).click();
  await page.getByText('Nothing began: there are no event bindings in its namespace.').waitFor();
  await accessible(page, 'a delivery that began nothing');
  await page.getByRole('link', { name: 'this delivery' }).click();
  await page.getByText('payload.ref == "refs/heads/main" is false').waitFor();
});

journey('a run shows how the last of its pipeline fared, and leads to them', {}, async ({ page, server }) => {
  const run = byPhase(server, 'Failed');
  await page.goto(server.url + path(run));
  const bars = page.getByRole('group', { name: /^Last runs: / });
  await bars.getByRole('link', { name: new RegExp(`^${run.metadata.name}: Failed`), current: true }).waitFor();
  const other = bars.getByRole('link').last();
  const name = (await other.getAttribute('aria-label')).split(':')[0];
  await other.click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
});

journey('the headline of Home names what is broken, and leads there', { state: 'failing' }, async ({ page, server }) => {
  await page.goto(server.url);
  const headline = page.getByRole('heading', { level: 1, name: 'delivery and nightly-report are broken' });
  await headline.getByRole('link', { name: 'nightly-report' }).click();
  await page.locator('.line').getByText('Failed').waitFor();
});

journey('what an author says of a pipeline is set as it was meant', {}, async ({ page, server }) => {
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery`);
  await page.locator('.says strong').getByText('everything').waitFor();
  await page.locator('.says code').getByText('target').waitFor();
  assert.equal(await page.getByRole('link', { name: 'the rules' }).getAttribute('href'), 'https://example.org/rules');
});

journey('a pipeline is called what a person calls it', {}, async ({ page, server }) => {
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/train-model`);
  await page.getByRole('heading', { level: 1, name: 'Train the model', exact: true }).waitFor();
  await page.getByText('train-model · WorkflowTemplate · default').waitFor();
  assert.match(await page.title(), /^Train the model/);
  const cron = server.held.crons[0];
  cron.metadata.annotations = { 'workflows.argoproj.io/title': 'Every _night_' };
  await page.goto(`${server.url}runs`);
  await page.locator('td').getByRole('link', { name: 'Train the model', exact: true }).first().click();
  await page.waitForURL(/pipeline=WorkflowTemplate%2Ftrain-model/);
  await page.getByLabel('Pipeline').locator('option:checked', { hasText: 'Train the model' }).waitFor({ state: 'attached' });
  await page.goto(`${server.url}schedules`);
  await page.getByRole('link', { name: 'Every night', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Every night', exact: true }).waitFor();
});

for (const [status, told] of [
  [500, 'made to fail with 500'],
  [429, 'The server is busy'],
  [403, 'You may not see this'],
  ['nothing', 'The server does not answer'],
]) {
  journey(`the editor says what an answer of ${status} means, and checks again`, {
    faults: (hard) => (_, path) => (hard.on && /lint/.test(path) ? status : 0),
  }, async ({ page, server }) => {
    const { hard } = server;
    hard.on = true;
    await page.goto(`${server.url}new`);
    const problems = page.getByRole('region', { name: 'Problems' });
    await problems.getByText('It could not be checked').filter({ hasText: told }).waitFor();
    hard.on = false;
    await page.getByRole('textbox', { name: 'Manifest' }).press('Control+End');
    await page.keyboard.type(' ');
    await page.getByText('No problems found').waitFor();
  });
}

journey('the editor and its form take what is hostile, endless or no manifest at all', {}, async ({ page, server }) => {
  await page.goto(`${server.url}new?side=fill`);
  await page.getByRole('textbox', { name: 'Manifest' }).waitFor();
  const problems = page.getByRole('region', { name: 'Problems' });
  const editor = page.getByRole('textbox', { name: 'Manifest' });
  const write = async (text) => {
    await editor.focus();
    await page.keyboard.press('Control+a');
    await editor.evaluate((target, written) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', written);
      target.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }, text);
  };
  await write(`a: ${'['.repeat(20_000)}`);
  await problems.getByText('It is nested too deeply to be read.').waitFor();
  await write('x'.repeat(3_000_000));
  await problems.getByText('longer than 2,000,000 characters').waitFor();
  const evil = '<img src=x onerror=alert(1)>\u202e\u0007';
  await write(
    `kind: Workflow\nmetadata: {generateName: a-, labels: {team: ${JSON.stringify(evil)}}}\nspec:\n  entrypoint: main\n  arguments: {parameters: [{name: ${JSON.stringify(evil)}, value: ${JSON.stringify(evil)}}]}\n  templates:\n    - name: main\n      container: {image: busybox}\n`,
  );
  await page.getByRole('region', { name: 'Labels', exact: true }).getByLabel('team', { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.querySelectorAll('img[src=x], #app script').length), 0);
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  await page.getByRole('application').waitFor();
  // What has the wrong shape, as everything has for a moment while it is typed.
  const spec = (text) => `kind: Workflow\nmetadata: {generateName: a-}\nspec: ${text}\n`;
  for (const text of ['3', '{templates: {a: 1}}', '{entrypoint: [main], templates: main}', '{templates: [null, 3, {name: 7, dag: {tasks: none}}]}', '{templates: [{name: main, steps: [[3, null], 4]}]}', '{templates: [{name: main, dag: {tasks: [{name: {}, dependencies: 4, depends: [], withItems: 3}]}}]}']) {
    await write(spec(text));
    await page.getByText('No problems found').waitFor();
  }
  await write(spec('{entrypoint: main, templates: [{name: main, dag: {tasks: [{name: one, template: work}, {name: two, template: work}]}}, {name: work, container: {image: busybox}}]}'));
  await page.waitForFunction(() => document.querySelector('[role=application]')?.dataset.boxes === '3');
});

journey('hostile names and texts stay text', { state: 'hostile' }, async ({ page, server }) => {
  await page.goto(`${server.url}runs/default/hostile?node=hostile&tab=io`);
  await page.getByRole('tab', { name: 'Inputs/outputs' }).waitFor();
  assert.equal(await page.evaluate(() => document.querySelectorAll('img[src=x], #app script').length), 0);
  await page.setViewportSize({ width: 380, height: 800 });
  assert.ok((await surplus(page)) <= 0, 'a long name makes the page wider than a narrow screen');
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${server.url}pipelines/WorkflowTemplate/default/delivery`);
  await page.locator('.says').getByText('[click](javascript:alert(3))').waitFor();
  // What is no script may be followed, but nothing of it is loaded.
  assert.equal(await page.evaluate(() => document.querySelectorAll('main img, main script, a[href^=javascript]').length), 0);
  for (const view of ['timeline', 'tree']) {
    await page.goto(`${server.url}runs/default/hostile?view=${view}`);
    await page
      .getByLabel(view === 'tree' ? 'Tree' : 'Steps over time', { exact: true })
      .first()
      .waitFor();
  }
});

for (const width of [380, 800, 1280, 3840]) {
  journey(`nothing is too wide or lies on something else at ${width} px`, { width }, async ({ page, server }) => {
    for (const address of [
      '',
      'runs',
      'pipelines',
      'pipelines/WorkflowTemplate/default/delivery',
      'schedules',
      'approvals',
      'inbox',
      'locks',
      'new',
      'settings',
      path(byPhase(server, 'Failed')),
    ]) {
      await page.goto(server.url + address);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await settled(page);
      const over = await surplus(page);
      assert.ok(over <= 0, `${address || 'home'} is ${over} px too wide`);
      assert.deepEqual(await overlaps(page), [], `${address || 'home'} has texts that lie on one another`);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await keep(page, `${address || 'home'} ${width} ${colorScheme}`);
      }
    }
  });
}

journey('on a narrow screen the picture and the chosen step are both a touch away', { width: 380 }, async ({ page, server }) => {
  const run = byPhase(server, 'Failed');
  await page.goto(server.url + path(run));
  const panel = page.getByRole('tabpanel');
  const graph = page.getByRole('application');
  const views = page.getByRole('group', { name: 'Views' });
  // What broke is what somebody sees first; the picture is behind its own tab and keeps its size.
  await panel.getByText('main: Error (exit code 1)').waitFor();
  await graph.waitFor({ state: 'hidden' });
  await accessible(page, 'a run on a narrow screen');
  await views.getByRole('button', { name: 'Graph' }).click();
  await graph.waitFor();
  await panel.waitFor({ state: 'hidden' });
  await views.getByRole('button').last().click();
  await panel.waitFor();
  await views.getByRole('button', { name: 'Tree' }).click();
  await page.getByRole('treeitem', { name: /checkout/ }).click();
  await page.getByRole('heading', { level: 2, name: 'checkout' }).waitFor();
  // Who walks by keys stays where they walk.
  await views.getByRole('button', { name: 'Tree' }).click();
  await page.getByRole('tree').focus();
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'tree');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !location.search.includes('node='));
  await page.getByRole('tree').waitFor();
});

journey('on a narrow screen everything is accessible, and what is touched is 24 px or more', { width: 380 }, async ({ page, server }) => {
  const failed = byPhase(server, 'Failed');
  const pipeline = 'pipelines/WorkflowTemplate/default/delivery';
  const ofRun = [path(failed), `${path(failed)}?view=timeline`, `${path(failed)}?view=tree`, `logs/default/${failed.metadata.name}`];
  for (const address of ['', 'runs', 'pipelines', pipeline, 'schedules', 'approvals', 'inbox', 'locks', 'new', 'settings', ...ofRun]) {
    await page.goto(server.url + address);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await settled(page);
    await accessible(page, `${address || 'home'} on a narrow screen`);
    assert.deepEqual(await smallTargets(page), [], `${address || 'home'} has targets that are too small to touch`);
  }
});

journey('Back leads to where a page was left, scrolled as it was', {}, async ({ page, server }) => {
  await page.setViewportSize({ width: 1280, height: 400 });
  await page.goto(`${server.url}runs`);
  await page.locator('tbody a').first().waitFor();
  await settled(page);
  const left = await page.evaluate(() => {
    window.scrollTo(0, 180);
    return window.scrollY;
  });
  assert.ok(left > 0, 'the list is longer than the window');
  await page.waitForFunction((y) => window.scrollY === y, left);
  await page.locator('tbody a').first().evaluate((link) => link.click());
  await page.getByRole('application').waitFor();
  await page.goBack();
  await page.locator('tbody a').first().waitFor();
  await page.waitForFunction((y) => Math.abs(window.scrollY - y) < 2, left);
});

journey('the chosen namespace is part of the address', {}, async ({ page, server }) => {
  const chosen = page.locator('.namespace select');
  const isIn = (value) => page.waitForFunction((wanted) => new URLSearchParams(location.search).get('namespace') === wanted, value);
  await page.goto(`${server.url}runs?namespace=default`);
  await page.waitForFunction(() => document.querySelector('.namespace select')?.value === 'default');
  await page.getByRole('link', { name: 'Pipelines', exact: true }).first().click();
  await page.waitForURL(/pipelines/);
  await isIn('default');
  await chosen.selectOption('');
  await isIn(null);
  await page.goBack();
  await isIn('default');
  assert.equal(await chosen.inputValue(), 'default');
});

journey('windows side by side share the connections that a browser has', {}, async ({ page, server }) => {
  const resting = (window) => window.getByText('Other windows use all connections');
  const windows = [page];
  for (let more = 0; more < 4; more += 1) windows.push(await page.context().newPage());
  for (const window of windows) {
    await window.goto(`${server.url}runs`);
    await window.locator('tbody a').first().waitFor();
  }
  await resting(windows[0]).waitFor();
  await windows[0].getByRole('heading', { level: 1 }).click();
  await resting(windows[0]).waitFor({ state: 'detached' });
  await resting(windows[1]).waitFor();
  await windows[4].close();
  await resting(windows[1]).waitFor({ state: 'detached' });
});

const well = await go(
  journeys,
  async ({ faults, ...options }) => {
    // Whether the faults of a journey are on: it turns them off when it has seen them.
    const hard = { on: false };
    const server = await start({ state: 'small', ...(faults ? { fault: faults(hard) } : {}), ...options });
    return Object.assign(server, { hard });
  },
  (server) => server.close(),
);
process.exit(well ? 0 : 1);
