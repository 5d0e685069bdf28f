// Measures the promises about speed in Chromium. Usage: node journeys/bench.mjs [P8a…]
//
// Each line of the output is one figure as JSON. TIPHYS names the binary, for logs; MANY is the address of a server
// with many archived runs.

import { chromium } from 'playwright-core';
import { before, start as startReal } from '../fixture/real.mjs';
import { start } from '../fixture/server.mjs';

/** How often what takes little is measured. */
const TURNS = 5;
const PAN_MOVES = 150;
const REST_MS = 300;
const LINES = 1_000_000;
/** An hour of a hundred changes a second, a second at a time. */
const HOUR_SECONDS = 3600;
const CHANGES_A_SECOND = 100;
const WAIT_MS_MAX = 180_000;
const MIB = 1024 * 1024;

const wanted = process.argv.slice(2);
const isWanted = (id) => wanted.length === 0 || wanted.includes(id);
const chrome = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--enable-precise-memory-info'],
});
const row = (id, what, unit, figures) => console.log(JSON.stringify({ id, what, unit, figures: [figures].flat() }));

async function fresh() {
  const page = await (await chrome.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
  page.setDefaultTimeout(WAIT_MS_MAX);
  // What a browser does once for its first page is no part of ours.
  await page.goto('about:blank');
  return page;
}

/** Opens a page and says how long it took until something was there, by the clock of the page. */
async function opened(page, url, ready, argument) {
  await page.goto(url, { waitUntil: 'commit' });
  await page.waitForFunction(ready, argument, { polling: 'raf', timeout: WAIT_MS_MAX });
  return page.evaluate(() => performance.now());
}

/** Times of frames while the graph is dragged around. */
async function panned(page) {
  const box = await page.getByRole('application').boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
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
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 0; step < PAN_MOVES; step += 1)
    await page.mouse.move(x + 200 * Math.sin(step / 12), y + 150 * Math.cos(step / 9));
  await page.mouse.up();
  const frames = await page.evaluate(() => {
    cancelAnimationFrame(window.going_);
    return window.frames_.sort((a, b) => a - b);
  });
  return frames[Math.floor(frames.length * 0.95)];
}

/** Changes of the running nodes of the huge run, round and round. */
function changer({ held, change }) {
  const run = held.runs.find((each) => each.metadata.name === 'huge');
  const all = Object.values(run.status.nodes).filter((node) => node.phase === 'Running');
  let at = 0;
  return (count) => {
    const changed = {};
    for (let each = 0; each < count; each += 1) {
      const node = all[at++ % all.length];
      changed[node.id] = { ...node, phase: Math.floor(at / all.length) % 2 ? 'Running' : 'Succeeded' };
    }
    change(run, changed);
  };
}

const HAS_BOXES = () => Number(document.querySelector('[role=application]')?.dataset.boxes) > 1000;
const HAS_ROWS = () => document.querySelectorAll('tbody tr').length > 0;

async function huge(nodes, opensAs, pansAs) {
  process.env.NODES = String(nodes);
  const server = await start({ state: 'huge' });
  const address = `${server.url}runs/default/huge`;
  const turns = [];
  let page;
  for (let turn = 0; turn < (nodes > 10_000 ? 1 : TURNS); turn += 1) {
    await page?.context().close();
    page = await fresh();
    turns.push(await opened(page, address, HAS_BOXES));
  }
  row(opensAs, `${nodes} nodes: open to first graph`, 'ms', turns);
  const more = changer(server);
  const timer = setInterval(() => more(CHANGES_A_SECOND / 10), 100);
  row(pansAs, `${nodes} nodes, ${CHANGES_A_SECOND} changes a second: frame while panning, p95`, 'ms', await panned(page));
  clearInterval(timer);
  await page.context().close();
  server.close();
}

async function firstPage() {
  const server = await start({ state: 'small' });
  const times = [];
  let bytes = 0;
  for (let turn = 0; turn < TURNS; turn += 1) {
    const page = await fresh();
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    const scripts = new Set();
    bytes = 0;
    session.on('Network.responseReceived', ({ requestId, type }) => type === 'Script' && scripts.add(requestId));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (scripts.has(requestId)) bytes += encodedDataLength;
    });
    times.push(await opened(page, server.url, HAS_ROWS));
    await page.context().close();
  }
  row('P8e', 'first page: script, compressed', 'KiB', bytes / 1024);
  row('P8e', 'first page, cold cache: rows are there', 'ms', times);
  server.close();
}

async function longLog() {
  const server = await startReal({ state: 'empty', pages: 'dist' });
  const source = `seq -f "line %.0f of a long log" 1 ${LINES}`;
  await server.run('long', {
    entrypoint: 'main',
    templates: [{ name: 'main', script: { image: 'busybox', command: ['sh'], source } }],
  });
  await server.until('long', (status) => Boolean(status.finishedAt));
  const { status } = await server.get('long');
  if (status.phase !== 'Succeeded') throw new Error(`the run with the long log is ${status.phase}: ${status.message}`);
  const [node] = Object.values(status.nodes);
  const [opens, finds] = [[], []];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const page = await fresh();
    opens.push(
      await opened(
        page,
        `${server.url}runs/default/long?view=tree&node=${node.id}&tab=logs`,
        (line) => document.querySelector(`[data-line="${line}"] .text`),
        LINES - 1,
      ),
    );
    const began = performance.now();
    await page.getByLabel('Search in the log').fill('line 777777 of');
    await page.waitForFunction(() => document.querySelector('.hits')?.textContent === '1 of 1', undefined, {
      polling: 'raf',
    });
    finds.push(performance.now() - began);
    await page.context().close();
  }
  row('P8d', `log of ${LINES} lines: open at the end`, 'ms', opens);
  row('P8d', `log of ${LINES} lines: search`, 'ms', finds);
  await server.close();
}

async function filtered(origin) {
  const front = await before(origin);
  const page = await fresh();
  await page.goto(`http://127.0.0.1:${front.address().port}/runs`);
  await page.waitForFunction(HAS_ROWS);
  const times = [];
  for (let turn = 0; turn < 2 * TURNS; turn += 1) {
    // Nobody types without a pause; what follows at once is asked for together.
    await page.waitForTimeout(REST_MS);
    // One name of all, another one in each turn.
    const name = String(97 * (turn + 1)).padStart(6, '0');
    times.push(
      await page.evaluate(async (sought) => {
        const field = document.querySelector('[data-search]');
        const began = performance.now();
        field.value = sought;
        field.dispatchEvent(new Event('input', { bubbles: true }));
        const fits = () => {
          const names = [...document.querySelectorAll('tbody .which div a')].map((each) => each.textContent);
          return names.length > 0 && names.every((each) => each.includes(sought));
        };
        while (!fits()) await new Promise(requestAnimationFrame);
        return performance.now() - began;
      }, name),
    );
  }
  row('P8f', 'Runs with many archived: type a filter, rows are there', 'ms', times);
  await page.context().close();
  front.closeAllConnections();
  front.close();
}

async function anHour() {
  process.env.NODES = '10000';
  const server = await start({ state: 'huge' });
  const page = await fresh();
  await opened(page, `${server.url}runs/default/huge`, HAS_BOXES);
  const session = await page.context().newCDPSession(page);
  const heap = async () => {
    await session.send('HeapProfiler.collectGarbage');
    return page.evaluate(() => performance.memory.usedJSHeapSize);
  };
  const more = changer(server);
  let early = 0;
  for (let second = 1; second <= HOUR_SECONDS; second += 1) {
    more(CHANGES_A_SECOND);
    // The page reads as it goes: what it has not read yet is no part of it.
    if (second % 20 === 0) await page.evaluate(() => new Promise(requestAnimationFrame));
    if (second === HOUR_SECONDS / 10) early = await heap();
  }
  row('P8g', 'an hour of a busy run page: growth of its memory after the first tenth', 'MiB', ((await heap()) - early) / MIB);
  await page.context().close();
  server.close();
}

if (isWanted('P8a') || isWanted('P8b')) await huge(10_000, 'P8b', 'P8a');
if (isWanted('P8c')) await huge(100_000, 'P8c', 'P8c');
if (isWanted('P8d')) await longLog();
if (isWanted('P8e')) await firstPage();
if (isWanted('P8f') && process.env.MANY) await filtered(process.env.MANY);
if (isWanted('P8g')) await anHour();
await chrome.close();
process.exit(0);
