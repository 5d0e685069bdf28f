// Measures the promises about speed in Chromium over the fixture server. Usage: node journeys/bench.mjs

import { chromium } from 'playwright-core';
import { start } from '../fixture/server.mjs';

const chrome = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--enable-precise-memory-info'],
});
const row = (name, value) => console.log(`${name.padEnd(64)} ${value}`);

async function opened(state, address, ready, nodes) {
  if (nodes) process.env.NODES = String(nodes);
  const server = await start({ state });
  const page = await (await chrome.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
  let bytes = 0;
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const scripts = new Set();
  session.on('Network.responseReceived', ({ requestId, type }) => type === 'Script' && scripts.add(requestId));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength;
  });
  const began = performance.now();
  await page.goto(server.url + address);
  await page.waitForFunction(ready, undefined, { polling: 'raf', timeout: 60_000 });
  return { server, page, ms: performance.now() - began, bytes };
}

/** Frame times while the graph is dragged around. */
async function panned(page) {
  const box = await page.getByRole('application').boundingBox();
  await page.evaluate(() => {
    window.frames_ = [];
    let last = performance.now();
    const step = (now) => {
      window.frames_.push(now - last);
      last = now;
      window.going_ = requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  for (let step = 0; step < 150; step += 1) {
    await page.mouse.move(
      box.x + box.width / 2 + 200 * Math.sin(step / 12),
      box.y + box.height / 2 + 150 * Math.cos(step / 9),
    );
  }
  await page.mouse.up();
  const frames = await page.evaluate(() => {
    cancelAnimationFrame(window.going_);
    return window.frames_.sort((a, b) => a - b);
  });
  return frames[Math.floor(frames.length * 0.95)];
}

const home = await opened('small', '', () => document.querySelector('tbody tr'));
row('P8e first page: script, compressed', `${(home.bytes / 1024).toFixed(0)} KiB`);
row('P8e first page: rows are there', `${home.ms.toFixed(0)} ms`);
await home.page.context().close();
home.server.close();

const boxes = () => Number(document.querySelector('[role=application]')?.dataset.boxes) > 1000;
for (const [name, nodes] of [
  ['P8b', 10_000],
  ['P8c', 100_000],
]) {
  const huge = await opened('huge', 'runs/default/huge', boxes, nodes);
  row(`${name} ${nodes} nodes: open to first graph`, `${huge.ms.toFixed(0)} ms`);
  const run = huge.server.held.runs.find((each) => each.metadata.name === 'huge');
  const all = Object.values(run.status.nodes).filter((node) => node.phase === 'Running');
  let at = 0;
  // A hundred changes a second, in ten deltas.
  const timer = setInterval(() => {
    const changed = {};
    for (let each = 0; each < 10; each += 1) {
      const node = all[at++ % all.length];
      changed[node.id] = { ...node, phase: at % 2 ? 'Succeeded' : 'Running' };
    }
    huge.server.change(run, changed);
  }, 100);
  row(
    `${nodes === 10_000 ? 'P8a' : name} ${nodes} nodes, 100 changes a second: frame while panning, p95`,
    `${(await panned(huge.page)).toFixed(1)} ms`,
  );
  clearInterval(timer);
  await huge.page.context().close();
  huge.server.close();
}

process.env.LOG_LINES = '1000000';
const log = await opened('failing', '', () => document.querySelector('tbody tr'));
const failed = log.server.held.runs.find((run) => run.status.phase === 'Failed');
const node = Object.values(failed.status.nodes).find((each) => each.type === 'Pod' && each.phase === 'Failed');
let began = performance.now();
await log.page.goto(`${log.server.url}runs/default/${failed.metadata.name}?view=tree&node=${node.id}&tab=logs`);
await log.page.waitForFunction(() => document.querySelector('[data-line="999999"]'), undefined, { timeout: 120_000 });
row('P8d log of 1,000,000 lines: open at the end', `${(performance.now() - began).toFixed(0)} ms`);
began = performance.now();
await log.page.getByLabel('Search in the log').fill('line 777777 of');
await log.page.getByText('1 of 1', { exact: true }).waitFor();
row('P8d search in it', `${(performance.now() - began).toFixed(0)} ms`);
await chrome.close();
log.server.close();
process.exit(0);
