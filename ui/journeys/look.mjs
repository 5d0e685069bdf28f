// Takes pictures of every page in both themes and the widths that WIDTHS names. Usage: node journeys/look.mjs [state] [page…]
// With TIPHYS, the name of the binary, over that and what it made of the state; otherwise over generated answers.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as real from '../fixture/real.mjs';
import * as generated from '../fixture/server.mjs';
import { browser, settled } from './harness.mjs';

const SHOTS = fileURLToPath(new URL('../shots/', import.meta.url));
const [state = 'small', ...wanted] = process.argv.slice(2);

const isReal = Boolean(process.env.TIPHYS);
const server = await (isReal ? real : generated).start({ state });
/** What the binary made, whole: lists leave nodes out. */
const made = async () => {
  const { items } = await server.api('GET', '/api/v1/workflows/default');
  return Promise.all((items ?? []).slice(0, 50).map(({ metadata }) => server.get(metadata.name)));
};
const runs = isReal ? await made() : server.held.runs;
const run = (phase) => runs.find((each) => each.status.phase === phase);
const path = (each) => `runs/${each.metadata.namespace}/${each.metadata.name}`;
const node = (each, label) => Object.values(each.status.nodes).find((one) => one.displayName.startsWith(label))?.id;
const pages = {
  home: '',
  runs: 'runs',
  pipelines: 'pipelines',
  schedules: 'schedules',
  calendar: 'schedules?view=calendar',
  approvals: 'approvals',
  inbox: isReal ? 'inbox' : 'inbox?delivery=d1',
  locks: 'locks',
  new: 'new',
  settings: 'settings',
  form: 'new?side=fill',
  missing: 'there/is/no/such/page',
  login: 'login',
};
const running = runs.find((each) => each.status.phase === 'Running');
const failed = run('Failed');
if (running)
  Object.assign(pages, {
    running: path(running),
    timeline: `${path(running)}?view=timeline`,
    tree: `${path(running)}?view=tree`,
    node: `${path(running)}?node=${node(running, isReal ? 'approve' : 'shards')}`,
    pipeline: 'pipelines/WorkflowTemplate/default/delivery',
    trends: 'pipelines/WorkflowTemplate/default/delivery?tab=trends',
    plan: 'pipelines/WorkflowTemplate/default/delivery?tab=plan',
    source: 'pipelines/WorkflowTemplate/default/delivery?tab=source',
    schedule: `pipelines/CronWorkflow/default/${isReal ? 'nightly' : 'nightly-report'}`,
    details: `${path(running)}?node=${running.metadata.name}`,
    widgets: `widgets?namespace=default&name=${running.metadata.name}`,
  });
if (failed) {
  const broken = Object.values(failed.status.nodes).find((one) => one.phase === 'Failed' && one.type === 'Pod');
  Object.assign(pages, {
    failed: path(failed),
    'failed-node': `${path(failed)}?node=${broken?.id}`,
    'failed-log': `${path(failed)}?node=${broken?.id}&tab=logs`,
    logs: `logs/default/${failed.metadata.name}`,
    compare: `compare?a=default/${failed.metadata.name}&b=default/${runs.find((each) => each !== failed).metadata.name}`,
  });
}
const hostile = runs.find((each) => each.metadata.name === 'hostile');
if (hostile) pages.hostile = `${path(hostile)}?node=${node(hostile, '<')}`;
const huge = runs.find((each) => each.metadata.name === 'huge');
if (huge) pages.huge = path(huge);

mkdirSync(SHOTS, { recursive: true });
const chrome = await browser();
const themes = (process.env.THEMES ?? 'light,dark').split(',');
const widths = (process.env.WIDTHS ?? '1360').split(',').map(Number);
for (const theme of themes) {
  for (const width of widths) {
    const context = await chrome.newContext({
      viewport: { width, height: width < 600 ? 780 : 860 },
      colorScheme: theme,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && console.log(`${page.url()}: ${message.text()}`));
    page.on('pageerror', (error) => console.log(`${page.url()}: ${error.stack}`));
    for (const [name, address] of Object.entries(pages)) {
      if (wanted.length && !wanted.includes(name)) continue;
      await page.goto(server.url + address);
      await page.waitForLoadState('load');
      await settled(page);
      // The graph is placed by a worker and drawn when it is there.
      if (await page.locator("canvas").count()) await page.waitForFunction(() => [...document.querySelectorAll("[role=application]")].every((graph) => Number(graph.dataset.boxes) > 0));
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (wide > 0) console.log(`${name} at ${width}: ${wide} px too wide`);
      await page.screenshot({ path: `${SHOTS}${isReal ? 'real-' : ''}${state}-${name}-${theme}-${width}.png` });
    }
    await context.close();
  }
}
await chrome.close();
await server.close();
