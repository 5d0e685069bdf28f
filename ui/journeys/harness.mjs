// Runs journeys in Chromium, two at a time and each in a fresh context, and says what went wrong.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

/** Longest wait for anything on a page: only what will never come takes so long, on the slowest machine too. */
const MS = Number(process.env.JOURNEY_MS ?? 60_000);

/** Journeys under way at once. */
const LANES = Number(process.env.LANES ?? 2);

/** Where pictures of the pages are kept. */
const SHOTS = fileURLToPath(new URL('../shots/', import.meta.url));
mkdirSync(SHOTS, { recursive: true });

/** Keeps a picture, for people to look at afterwards. */
export const keep = (page, name) => page.screenshot({ path: `${SHOTS}${name.replace(/[^a-z0-9]+/gi, '-')}.png` });

/** Rules of WCAG 2.2 AA; the strict policy forbids axe's own styles, which it does without. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];

/** That a page can be used by everybody. In the other theme of a page nothing is new but its colours. */
export async function accessible(page, what, { onlyColours = false } = {}) {
  // Frames are of our own making, so axe needs no page of its own to put together what it found in them.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const { violations } = await (onlyColours ? axe.withRules(['color-contrast']) : axe.withTags(TAGS)).analyze();
  const told = violations.map(
    (each) =>
      `${each.id}: ${each.nodes
        .slice(0, 3)
        .map((node) => node.target.join(' '))
        .join(' | ')}`,
  );
  assert.deepEqual(told, [], `${what} is not accessible`);
}

/** Waits until the page has what it asked for. */
export async function settled(page) {
  await page.locator('main .loading, main [aria-busy=true]').first().waitFor({ state: 'detached' });
}

/** How wide the page is beyond its window. */
export const surplus = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Texts that lie on one another, as what they say; what is cut off or floats is left out. */
export const overlaps = (page) =>
  page.evaluate(() => {
    const SLACK_PX = 3;
    const found = [];
    const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      if (!node.data.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const clips = [];
      let floats = false;
      for (let each = node.parentElement; each && each.tagName !== 'MAIN'; each = each.parentElement) {
        const { position, overflowX, overflowY, visibility, opacity } = getComputedStyle(each);
        if (['absolute', 'fixed', 'sticky'].includes(position) || visibility === 'hidden' || opacity === '0') floats = true;
        if (overflowX !== 'visible' || overflowY !== 'visible') clips.push(each.getBoundingClientRect());
      }
      if (floats) continue;
      // Each line of a text that wraps has a box of its own.
      for (const line of range.getClientRects()) {
        const left = Math.max(line.left, ...clips.map((clip) => clip.left));
        const right = Math.min(line.right, ...clips.map((clip) => clip.right));
        const top = Math.max(line.top, ...clips.map((clip) => clip.top));
        const bottom = Math.min(line.bottom, ...clips.map((clip) => clip.bottom));
        if (right - left > SLACK_PX && bottom - top > SLACK_PX)
          found.push({ node, text: node.data.trim().slice(0, 40), left, right, top, bottom });
      }
    }
    const told = [];
    found.forEach((a, at) => {
      for (const b of found.slice(at + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        // What is cut off with dots has two boxes, one on the other.
        if (a.node !== b.node && across > SLACK_PX && down > SLACK_PX) told.push(`${a.text} / ${b.text}`);
      }
    });
    return told;
  });

/** What is meant to be touched and is smaller than 24 px; links within a text are as high as its lines (WCAG 2.5.8). */
export const smallTargets = (page) =>
  page.evaluate(() => {
    const LEAST_PX = 24;
    const found = [];
    for (const target of document.querySelectorAll('button, select, input, textarea, summary, [role=tab], [role=option], a[href]')) {
      const label = target.closest('label');
      const box = (label ?? target).getBoundingClientRect();
      const { visibility, opacity, display } = getComputedStyle(target);
      if (!box.width || !box.height || visibility === 'hidden' || opacity === '0') continue;
      if (target.closest('.visually-hidden, .skip, .editor') || (target.tagName === 'A' && display === 'inline')) continue;
      // A box to tick in a cell is as large as what lies around it and does the same.
      if (target.type === 'checkbox' || target.type === 'radio') continue;
      if (box.width < LEAST_PX - 0.5 || box.height < LEAST_PX - 0.5)
        found.push(`${target.getAttribute('aria-label') ?? target.textContent.trim().slice(0, 30)}: ${Math.round(box.width)} × ${Math.round(box.height)}`);
    }
    return [...new Set(found)].slice(0, 12);
  });

export async function browser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
}

/**
 * Does the journeys whose names contain one of the arguments. `serve(options)` gives the server of a journey, and
 * `leave(server)` is told when it is not needed any more.
 */
export async function go(journeys, serve, leave) {
  const wanted = process.argv.slice(2);
  const start = performance.now();
  const chrome = await browser();
  const times = [];
  let passed = 0;
  let failed = 0;
  async function once({ name, options, act }) {
    const wrong = [];
    const began = performance.now();
    let server;
    let context;
    try {
      server = await serve(options);
      context = await chrome.newContext({
        viewport: { width: options.width ?? 1280, height: 800 },
        colorScheme: options.theme ?? 'light',
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      page.setDefaultTimeout(MS);
      page.on('pageerror', (error) => wrong.push(String(error)));
      // Everything works offline: nothing is fetched from another host than the server's, or that of the journey itself.
      context.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol !== 'data:' && protocol !== 'blob:' && hostname !== '127.0.0.1') wrong.push(`asks ${request.url()}`);
      });
      page.on('dialog', (dialog) => wrong.push(`a script ran: ${dialog.message()}`));
      page.on('console', (message) => /Content Security Policy/.test(message.text()) && wrong.push(message.text()));
      await act({ page, server });
      assert.deepEqual(wrong, []);
      passed += 1;
      const took = (performance.now() - began) / 1000;
      times.push({ name, took });
      console.log(`ok    ${name} (${took.toFixed(1)} s)`);
    } catch (cause) {
      failed += 1;
      const told = [
        ...String(cause?.message ?? cause)
          .split('\n')
          .slice(0, 14),
        ...wrong,
      ];
      console.log(`WRONG ${name}\n      ${told.join('\n      ')}`);
    }
    await context?.close();
    if (server) await leave(server, options);
  }
  const queue = journeys.filter(({ name }) => wanted.length === 0 || wanted.some((each) => name.includes(each)));
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await once(next);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await chrome.close();
  const slowest = times.sort((a, b) => b.took - a.took).slice(0, 3);
  console.log(`the slowest: ${slowest.map(({ name, took }) => `${name} (${took.toFixed(1)} s)`).join(', ')}`);
  console.log(`${passed} passed, ${failed} failed in ${Math.round((performance.now() - start) / 1000)} s`);
  return failed === 0;
}
