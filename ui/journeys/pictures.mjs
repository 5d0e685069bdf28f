// Makes the pictures of the documentation. Usage: node journeys/pictures.mjs

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { start } from '../fixture/server.mjs';
import { browser } from './harness.mjs';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const server = await start({ state: 'small' });
const path = (run) => `runs/${run.metadata.namespace}/${run.metadata.name}`;
const byPhase = (phase) => server.held.runs.find((run) => run.status.phase === phase);
const running = byPhase('Running');
const delivered = server.held.runs.find(
  (run) => run.status.phase === 'Failed' && run.metadata.name.startsWith('delivery'),
);
const broken = Object.values(delivered.status.nodes).find((node) => node.phase === 'Failed' && node.type === 'Pod');

/** Each picture with its page, its theme and what must be there before it is taken. */
const PICTURES = [
  ['home', 'light', '', (page) => page.getByRole('region', { name: 'Failed lately' }).getByRole('link').first()],
  ['run', 'light', path(running), (page) => page.locator('[role=application][data-boxes]')],
  ['failure', 'dark', `${path(delivered)}?node=${broken.id}`, (page) => page.getByText('price_test.py')],
  ['runs', 'light', 'runs', (page) => page.getByRole('button', { name: /^Succeeded \d/ })],
  ['timeline', 'light', `${path(running)}?view=timeline`, (page) => page.getByText('checkout').first()],
  ['pipeline', 'dark', 'pipelines/WorkflowTemplate/default/delivery', (page) => page.getByText('Slowest steps')],
  ['editor', 'light', 'new', (page) => page.getByText('No problems found')],
];

mkdirSync(FOLDER, { recursive: true });
const chrome = await browser();
for (const [name, theme, address, ready] of PICTURES) {
  const context = await chrome.newContext({
    viewport: { width: 1200, height: 720 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(server.url + address);
  await ready(page).waitFor();
  // The last runs of its pipeline come when the run itself is there.
  if (address.startsWith('runs/')) await page.getByRole('group', { name: /^Last runs: / }).getByRole('link').first().waitFor();
  // The canvas is painted in the next frames.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.screenshot({ path: `${FOLDER}ui-${name}.png` });
  console.log(name);
  await context.close();
}
await chrome.close();
server.close();
