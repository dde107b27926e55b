// The playground in a real browser: what it shows of hits, misses, joins, cancellations, swaps and outages.
import { blackHole, openFaultProxy, passThrough, refuse } from '@pluggable/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults } from '../support/accessibility.js';
import { swap, TOKEN } from '../support/admin.js';
import { useBrowser } from '../support/browser.js';
import { MEMORY_PLUGIN, type Program, REDIS_PLUGIN, startProgram } from '../support/program.js';
import { startRedis } from '../support/redis.js';
import { ask, get } from '../support/request.js';
import { screenshot } from '../support/screenshot.js';
import type { PageOptions } from '../support/watched-page.js';
import { computing, expectWork } from '../support/work.js';

const browser = useBrowser();

/** Chromium reports each answer from status 400 on. */
const REFUSED = /^console: Failed to load resource: .* 4\d\d /;

/** The program of a test ends before its page is closed. */
const ENDED = /^(console|request): .*net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING)/;

async function openPage(program: Program, options?: PageOptions): Promise<Page> {
  // Less motion, because a browser without a graphics processor draws each frame on a core of the machine.
  const { page } = await browser().page({ reducedMotion: 'reduce', ...options });
  await page.goto(program.url);
  await expectShown(page, '#connection[data-state=connected]');
  return page;
}

/** Waits for an element. A shape of the timeline can be outside of the visible part. */
async function expectShown(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().waitFor({ state: 'attached' });
}

async function askFor(page: Page, n: number): Promise<void> {
  await page.locator('#n').fill(String(n));
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
}

/** Asks, and waits for the result. */
async function answerOf(page: Page, n: number): Promise<string> {
  await askFor(page, n);
  await page.locator('#result').getByText(`fib(${n}) =`).waitFor();
  return (await page.locator('#result').getAttribute('data-outcome')) ?? '';
}

const bar = (n: number, outcome: string): string => `#timeline .bar[data-n="${n}"][data-outcome="${outcome}"]`;
const row = (n: number, outcome: string): string => `#requests tr[data-n="${n}"][data-outcome="${outcome}"]`;
const fact = (name: string): string => `#plugins [data-fact="${name}"] dd`;

/** The times between the next moves of the timeline, in milliseconds. */
async function pausesOf(page: Page, { moves }: { readonly moves: number }): Promise<number[]> {
  const times = await page.evaluate<number[]>(`new Promise((resolve) => {
    const times = [];
    const group = [...document.querySelectorAll('#timeline g[transform]')].find((one) => one.querySelector('.bar'));
    const observer = new MutationObserver(() => {
      times.push(performance.now());
      if (times.length < ${moves}) return;
      observer.disconnect();
      resolve(times);
    });
    observer.observe(group, { attributes: true, attributeFilter: ['transform'] });
  })`);
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

/** Makes the page believe that its tab is hidden or shown: Playwright shows all of its pages. */
async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'hidden', { get: () => ${isHidden}, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  `);
}

/** Waits until the page has drawn everything that has arrived. */
async function twoFrames(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); })');
}

async function askBurst(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Ask all at once' }).click();
}

describe('the page', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram({
      env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_EXPIRATION: '10m', COMPUTE_WORKERS: '2', ADMIN_TOKEN: TOKEN },
    });
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it('shows a miss as a bar, then a hit as a line', async () => {
    const page = await openPage(program);
    expect(await answerOf(page, 30)).toBe('computed');
    expect(await page.locator('#result [data-result]').getAttribute('data-result')).toBe('832040');
    await expectShown(page, `${bar(30, 'answered')}[data-own]`);

    expect(await answerOf(page, 29)).toBe('computed');
    expect(await answerOf(page, 30)).toBe('cache');
    await expectShown(page, '#timeline [data-outcome="hit"][data-n="30"]');
    await expectShown(page, row(30, 'hit'));
    await expect.poll(() => page.locator('#counts [data-count="hit"]').textContent()).toBe('1');
  });

  it('shows the requests of others, in the moment they happen', async () => {
    const page = await openPage(program);
    await get(program.url, '/fib/28');
    await expectShown(page, `${bar(28, 'answered')}:not([data-own])`);
  });

  it('shows a burst as one bar that its requests share', async () => {
    const page = await openPage(program);
    await page.locator('#n').fill('36');
    await page.locator('#burst-count').fill('60');
    await askBurst(page);
    await expectShown(page, '#result[data-outcome="burst"]');

    await expectShown(page, `${bar(36, 'answered')}[data-own][data-requests="60"]`);
    expect(await page.locator(bar(36, 'answered')).count()).toBe(1);
    await page.getByText('fib(36) ×60').waitFor();
    expect(await page.locator('#result').textContent()).toContain('59 joined');
    expect(await page.locator('#counts [data-count="joined"]').textContent()).toBe('59');
  });

  it('shows a request that joins the computation of another client, and ends where it is cancelled', async () => {
    const page = await openPage(program);
    const other = ask(program.url, '/fib/50');
    await expectShown(page, bar(50, 'running'));
    await askFor(page, 50);
    await expectShown(page, '#timeline .bar[data-n="50"] [data-outcome="joined"]');
    expect(await page.locator('#progress').getAttribute('value')).not.toBeNull();

    await page.keyboard.press('Escape');
    await expectShown(page, '#result[data-outcome="cancelled"]');
    await expectShown(page, '#timeline .bar[data-n="50"] [data-outcome="cancelled"]');
    expect(await page.locator(bar(50, 'running')).count()).toBe(1);
    await expectWork(program, computing({ busy: 1, flights: 1 }));

    other.leave();
    await other.answer.catch(() => undefined);
    await expectShown(page, bar(50, 'cancelled'));
    await expectShown(page, row(50, 'cancelled'));
  });

  it('cancels the work of its own request by the button', async () => {
    const page = await openPage(program);
    await askFor(page, 49);
    await expectWork(program, computing({ busy: 1, flights: 1 }));
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expectWork(program, computing({ busy: 0, flights: 0 }));
    await expectShown(page, bar(49, 'cancelled'));
  });

  it('is used by the keyboard alone', async () => {
    const page = await openPage(program);
    const focused = async (): Promise<string> => await page.evaluate('document.activeElement.id');
    for (let presses = 0; presses < 10 && (await focused()) !== 'n'; presses++) await page.keyboard.press('Tab');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('27');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#result').textContent()).toContain('fib(27) =');
  });

  it('swaps the plugin, and no request fails', async () => {
    const page = await openPage(program, { expected: [REFUSED] });
    await page.locator('#swap-path').fill(MEMORY_PLUGIN);
    await page.locator('#swap-token').fill('a wrong token here');
    await page.locator('#swap-button').click();
    await page.locator('#swap-result').getByText('not swapped, status 401').waitFor();
    await expectShown(page, '#swap-button[aria-disabled="false"]');

    await page.locator('#swap-token').fill(TOKEN);
    await page.locator('#swap-isolation').selectOption('process');
    await page.locator('#swap-button').click();
    await expectShown(page, '#swap-result[data-outcome="swapped"]');
    await expectShown(page, '#swap-button[aria-disabled="false"]');
    await expect.poll(() => page.locator(fact('isolation')).textContent()).toBe('process');
    await expect.poll(() => page.locator(fact('swaps')).textContent()).toBe('1');
    await expectShown(page, '#timeline .mark[data-event="swapped"]');
    expect(await page.locator('#swap-count').textContent()).toMatch(/^requests while swapping: [1-9]\d*, failed: 0$/);

    await page.locator('#swap-isolation').selectOption('as configured');
    await page.locator('#swap-button').click();
    await expect.poll(() => page.locator(fact('swaps')).textContent()).toBe('2');
    expect(await page.locator(fact('isolation')).textContent()).toBe('inline');
  });

  it('stops timeline and table, and continues with what happened in the meantime', async () => {
    const page = await openPage(program);
    await get(program.url, '/fib/22');
    await expectShown(page, bar(22, 'answered'));
    await page.getByRole('button', { name: 'Pause timeline and table' }).click();
    await get(program.url, '/fib/21');
    await expect.poll(() => page.locator('#counts [data-count="started"]').textContent()).toBe('2');
    await twoFrames(page);
    expect(await page.locator(bar(21, 'answered')).count()).toBe(0);
    expect(await page.locator(row(21, 'computed')).count()).toBe(0);

    await page.getByRole('button', { name: 'Pause timeline and table' }).click();
    await expectShown(page, bar(21, 'answered'));
    await expectShown(page, row(21, 'computed'));
  });

  it('keeps the row of a request while newer ones come', async () => {
    const page = await openPage(program);
    await get(program.url, '/fib/19');
    const first = await page.locator(row(19, 'computed')).elementHandle();
    await get(program.url, '/fib/19');
    await expectShown(page, row(19, 'hit'));

    expect(await first?.evaluate((one) => [one.isConnected, one.parentElement?.lastElementChild === one])).toEqual([
      true,
      true,
    ]);
    for (let hit = 0; hit < 20; hit++) await get(program.url, '/fib/19');
    await expect.poll(() => first?.evaluate((one) => one.isConnected)).toBe(false);
    expect(await page.locator('#requests tr').count()).toBe(20);
  });

  it('ends the progress of a request that ends while the page is hidden', async () => {
    const page = await openPage(program);
    await askFor(page, 48);
    await page.locator('#remaining').getByText('fib(48)').waitFor();
    await setHidden(page, true);
    await page.keyboard.press('Escape');
    await page.locator('#remaining').getByText('no request of this page runs').waitFor();
    expect(await page.locator('#progress').getAttribute('value')).toBe('0');
  });

  it('ends the live events of a page that is hidden for half a minute, and connects when it is shown', async () => {
    const { page } = await browser().page();
    await page.clock.install();
    await page.goto(program.url);
    await expectShown(page, '#connection[data-state=connected]');
    await setHidden(page, true);
    await page.clock.fastForward(31_000);
    await expectShown(page, '#connection[data-state=paused]');
    expect(await page.locator('#connection[role="status"]').textContent()).toContain('paused');
    await expectWork(program, expect.objectContaining({ http: expect.objectContaining({ requests: 1 }) }));

    await setHidden(page, false);
    await expectShown(page, '#connection[data-state=connected]');
  });

  it('explains a wrong n, and a burst that comes too soon', async () => {
    const page = await openPage(program, { expected: [REFUSED] });
    await page.locator('#n').fill('51');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    expect(await page.locator('#n').evaluate((input) => input.matches(':invalid'))).toBe(true);
    expect(await page.locator('#n').getAttribute('aria-describedby')).toBe('expected');
    expect(await page.locator('#expected').textContent()).toBe('0 to 50');

    await page.locator('#n').fill('20');
    await askBurst(page);
    await expectShown(page, '#result[data-outcome="burst"]');
    await askBurst(page);
    await page.locator('#result[data-outcome="refused"]').getByText('one burst runs at a time').waitFor();
  });

  it('has no fault of accessibility, in light and dark, also after requests', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await openPage(program, { colorScheme });
      expect(await accessibilityFaults(page)).toEqual([]);
      await answerOf(page, 31);
      expect(await accessibilityFaults(page)).toEqual([]);
    }
  });

  it('fits a phone', async () => {
    const page = await openPage(program, { viewport: { width: 360, height: 740 } });
    await answerOf(page, 32);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await accessibilityFaults(page)).toEqual([]);
    await screenshot(page, 'playground-phone');
  });

  it('moves in steps of a second for people who want less motion', async () => {
    const still = await openPage(program);
    await answerOf(still, 33);
    await expectShown(still, bar(33, 'answered'));
    expect(Math.min(...(await pausesOf(still, { moves: 3 })))).toBeGreaterThanOrEqual(900);
    const moving = await openPage(program, { reducedMotion: 'no-preference' });
    await answerOf(moving, 34);
    await expectShown(moving, bar(34, 'answered'));
    expect(Math.min(...(await pausesOf(moving, { moves: 8 })))).toBeLessThan(500);
  });
});

/** Longer computations and pauses for the pictures of the documents. */
const LONGER = process.env['SCREENSHOTS'] === 'update' ? 4 : 0;

it.each(['light', 'dark'] as const)('is the %s picture of the documents', async (colorScheme) => {
  await using program = await startProgram({
    env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_EXPIRATION: '10m', COMPUTE_WORKERS: '2', ADMIN_TOKEN: TOKEN },
  });
  const page = await openPage(program, { colorScheme, expected: [ENDED] });
  const ns = [37, 36, 35].map((n) => n + LONGER);
  await Promise.all(ns.map((n) => get(program.url, `/fib/${n}`)));
  await answerOf(page, 38 + LONGER);
  for (let hit = 0; hit < 8; hit++) {
    await page.waitForTimeout(LONGER * 100 * (hit % 3));
    await get(program.url, `/fib/${ns[hit % ns.length]}`);
  }
  await askFor(page, 48);
  await expectShown(page, bar(48, 'running'));
  expect((await swap(program, { path: MEMORY_PLUGIN, isolation: 'worker' })).status).toBe(200);
  await expectShown(page, '#timeline .mark[data-event="swapped"]');
  await get(program.url, `/fib/${34 + LONGER}`);
  await page.waitForTimeout(LONGER * 500);
  await page.keyboard.press('Escape');
  await expectShown(page, bar(48, 'cancelled'));
  await page.locator('#n').fill(String(39 + LONGER));
  await page.locator('#burst-count').fill('60');
  await askBurst(page);
  await expectShown(page, '#result[data-outcome="burst"]');
  for (let hit = 0; hit < 30; hit++) await get(program.url, `/fib/${39 + LONGER}`);
  await page.waitForTimeout(LONGER * 500);
  await askFor(page, 46);
  await expectShown(page, bar(46, 'running'));
  await page.waitForTimeout(LONGER * 1_000);
  // The state of the service comes each second.
  await expect.poll(() => page.locator(fact('isolation')).textContent()).toBe('worker');
  await page.locator('#result').getByText('60 requests in').waitFor();
  await screenshot(page, colorScheme === 'light' ? 'playground' : 'playground-dark');
});

it('shows a lost Redis and its return', async () => {
  await using redis = await startRedis();
  await using proxy = await openFaultProxy({ port: redis.port });
  await using program = await startProgram({
    env: { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: `127.0.0.1:${proxy.port}` },
  });
  const page = await openPage(program, { expected: [ENDED] });
  await answerOf(page, 30);
  const plugin = page.locator('#plugins .plugin');
  expect(await plugin.getAttribute('data-state')).toBe('live');

  /** The state after requests: they open a circuit breaker, and find that calls work again. */
  const stateAfterRequests = async (): Promise<string | null> => {
    await answerOf(page, 31);
    await answerOf(page, 30);
    return await plugin.getAttribute('data-state');
  };
  await proxy.inject(blackHole);
  await expect.poll(stateAfterRequests, { timeout: 30_000 }).toBe('degraded');
  await expectShown(page, '#plugins [data-breaker="open"]');
  await expectShown(page, '#timeline .mark[data-event="breaker-open"]');
  expect(await accessibilityFaults(page)).toEqual([]);

  await proxy.inject(passThrough);
  await expect.poll(stateAfterRequests, { timeout: 30_000 }).toBe('live');
  await expectShown(page, '#plugins [data-breaker="closed"]');
});

it('says that the service has ended, and connects again', async () => {
  const program = await startProgram();
  const page = await openPage(program, { expected: [ENDED, /^console: .* 503 /] });
  program.signal('SIGTERM');
  await program.ended();
  await expectShown(page, '#connection[data-state=ended]');

  await using again = await startProgram({ env: { PORT: new URL(program.url).port } });
  await expectShown(page, '#connection[data-state=connected]');
  expect(again.url).toBe(program.url);
});

it('works without live events', async () => {
  await using program = await startProgram({ env: { EVENTS: 'off', CACHE_PLUGIN_PATH: MEMORY_PLUGIN } });
  const { page } = await browser().page({ expected: [ENDED] });
  await page.goto(program.url);
  await expectShown(page, '#connection[data-state=off]');
  await page.locator('#n').fill('43');
  await page.locator('#burst-count').fill('60');
  await askBurst(page);
  await page.locator('#result[data-outcome="burst"]').getByText('59 joined').waitFor();

  await expect.poll(() => page.locator('#counts dd').allTextContents()).toEqual(['0', '1', '59', '0', '0', '0', '0']);
  await expectShown(page, bar(43, 'answered'));
  expect(await page.locator('#timeline .bar').count()).toBe(1);
  expect(await page.locator('#requests tr[data-outcome]').count()).toBe(1);

  expect(await answerOf(page, 33)).toBe('computed');
  await expectShown(page, row(33, 'computed'));
  expect(await answerOf(page, 20)).toBe('computed');
  expect(await answerOf(page, 33)).toBe('cache');
  await page.locator('#plugins').getByText('Live events are off.').waitFor();
  for (const id of ['ratio', 'load']) expect(await page.locator(`#${id}`).isHidden()).toBe(true);
  expect(await accessibilityFaults(page)).toEqual([]);
});

it('shows that the end of a running computation is unknown after the live events were cut', async () => {
  await using program = await startProgram();
  await using proxy = await openFaultProxy({ port: Number(new URL(program.url).port) });
  const { page } = await browser().page({ expected: [ENDED] });
  await page.goto(`http://127.0.0.1:${proxy.port}`);
  await expectShown(page, '#connection[data-state=connected]');
  const other = ask(program.url, '/fib/50');
  await expectShown(page, bar(50, 'running'));

  await proxy.inject(refuse);
  await expectShown(page, bar(50, 'lost'));
  await proxy.inject(passThrough);
  await expectShown(page, '#connection[data-state=connected]');
  await get(program.url, '/fib/20');
  await expectShown(page, bar(20, 'answered'));
  expect(await page.locator(bar(50, 'lost')).count()).toBe(1);
  other.leave();
  await other.answer.catch(() => undefined);
});

it('says that too many pages are open', async () => {
  await using program = await startProgram({ env: { EVENTS_MAX_CLIENTS: '1' } });
  await openPage(program, { expected: [ENDED] });
  const { page } = await browser().page({ expected: [ENDED, /^console: .* 503 /] });
  await page.goto(program.url);
  await expectShown(page, '#connection[data-state=too-many-viewers]');
});
