// The support of the browser tests: it sees each kind of error of a page, faults of accessibility, and empty pictures.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accessibilityFaults } from '../support/accessibility.js';
import { Browser, useBrowser } from '../support/browser.js';
import { childrenOf, isRunning } from '../support/children.js';
import { eventually } from '../support/eventually.js';
import { NONCE, PageServer } from '../support/page-server.js';
import { screenshot } from '../support/screenshot.js';

const browser = useBrowser();

const ICON = '<link rel="icon" href="data:,">';

/** A page without faults. */
function pageWith({ script = '', body = '' } = {}): string {
  const text = '<h1>Pluggable</h1><p>Run-time plugins for NestJS.</p>';
  const scripts = `<script nonce="${NONCE}">${script}</script>`;
  return `<!doctype html><html lang="en"><head><title>Pluggable</title>${ICON}</head>
    <body><main>${text}${body}</main>${scripts}</body></html>`;
}

describe('a page without faults', () => {
  it('reports nothing and is accessible', async () => {
    await using server = await PageServer.start(pageWith());
    const watched = await browser().page();
    await watched.page.goto(server.url);

    expect(await watched.takeReports()).toEqual([]);
    expect(await accessibilityFaults(watched.page)).toEqual([]);
  });

  it('reports no request that it cancels', async () => {
    const script = `const abort = new AbortController();
      fetch('/slow', { signal: abort.signal }).catch(() => { document.title = 'cancelled'; });
      setTimeout(() => abort.abort(), 1);`;
    await using server = await PageServer.start(pageWith({ script }));
    const watched = await browser().page();
    await watched.page.goto(server.url);
    await watched.page.waitForFunction(`document.title === 'cancelled'`);

    expect(await watched.takeReports()).toEqual([]);
  });
});

describe('a page reports', () => {
  it.each([
    ['an error of the console', `console.error('wrong', 7)`, ['console: wrong 7']],
    ['an uncaught error', `throw new TypeError('wrong')`, ['uncaught: TypeError: wrong']],
    ['an unhandled rejection', `Promise.reject(new Error('wrong'))`, ['uncaught: Error: wrong']],
    ['a missing file', `fetch('/none')`, [expect.stringMatching(/^console: .* 404 /)]],
    [
      'a failed request',
      `fetch('/reset').catch(() => {})`,
      [
        expect.stringMatching(/^request: GET http:\S+\/reset net::ERR_(EMPTY_RESPONSE|CONNECTION_RESET)$/),
        expect.stringMatching(/^console: .* net::ERR_(EMPTY_RESPONSE|CONNECTION_RESET)$/),
      ],
    ],
    [
      'an image that the policy forbids',
      `document.body.append(Object.assign(new Image(), { alt: '', src: 'http://127.0.0.1:1/' }))`,
      [
        'policy: img-src forbids http://127.0.0.1:1/',
        expect.stringMatching(/^console: .*violates the following Content Security Policy/),
        expect.stringMatching(/^request: GET http:\/\/127\.0\.0\.1:1\/ csp/),
      ],
    ],
    [
      'an inline handler that the policy forbids',
      `document.body.setAttribute('onclick', '')`,
      ['policy: script-src-attr forbids inline', expect.stringMatching(/^console: .*Content Security Policy/)],
    ],
  ])('%s', async (_, script, expected) => {
    await using server = await PageServer.start(pageWith({ script }));
    const watched = await browser().page();
    await watched.page.goto(server.url);

    const reports: string[] = [];
    await eventually(`${expected.length} reports`, async () => {
      reports.push(...(await watched.takeReports()));
      return reports.length >= expected.length;
    });
    expect(reports.toSorted()).toEqual(expect.arrayContaining(expected));
    expect(reports).toHaveLength(expected.length);
  });

  it('nothing that the test expects', async () => {
    await using server = await PageServer.start(pageWith({ script: `fetch('/none')` }));
    const watched = await browser().page({ expected: [/404/] });
    await Promise.all([watched.page.waitForEvent('console'), watched.page.goto(server.url)]);

    expect(await watched.takeReports()).toEqual([]);
  });

  it.fails('and fails a test that does not expect it', async () => {
    await using server = await PageServer.start(pageWith({ script: `console.error('wrong')` }));
    const { page } = await browser().page();
    await page.goto(server.url);
    expect(await page.title()).toBe('Pluggable');
  });
});

describe('accessibility', () => {
  const body = '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" id="one"><p style="color: #ccc">pale</p>';

  it('has the rules and the elements of faults', async () => {
    await using server = await PageServer.start(pageWith({ body }));
    const { page } = await browser().page();
    await page.goto(server.url);

    expect(await accessibilityFaults(page)).toEqual([
      { rule: 'color-contrast', targets: ['p:nth-child(4)'] },
      { rule: 'image-alt', targets: ['#one'] },
    ]);
    expect(await accessibilityFaults(page, { except: ['color-contrast'] })).toEqual([
      { rule: 'image-alt', targets: ['#one'] },
    ]);
  });
});

describe('a picture', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pluggable-images-'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['is only examined', '', []],
    ['is written for SCREENSHOTS=update', 'update', ['one.png']],
  ])('%s', async (_, mode, files) => {
    vi.stubEnv('SCREENSHOTS', mode);
    await using server = await PageServer.start(pageWith());
    const { page } = await browser().page();
    await page.goto(server.url);
    await screenshot(page, 'one', folder);

    expect(await readdir(folder)).toEqual(files);
  });

  it('is the same each time', async () => {
    vi.stubEnv('SCREENSHOTS', 'update');
    await using server = await PageServer.start(pageWith());
    for (const name of ['one', 'two']) {
      const { page } = await browser().page();
      await page.goto(server.url);
      await screenshot(page, name, folder);
    }

    expect(await readFile(join(folder, 'one.png'))).toEqual(await readFile(join(folder, 'two.png')));
  });

  it('of an empty page is refused', async () => {
    const { page } = await browser().page();
    await expect(screenshot(page, 'empty', folder)).rejects.toThrow('colours of empty');
  });

  it('of a page that is as large as noise is refused', async () => {
    const script = `const context = document.querySelector('canvas').getContext('2d');
      const noise = context.createImageData(400, 400);
      for (let at = 0; at < noise.data.length; at += 65536) crypto.getRandomValues(noise.data.subarray(at, at + 65536));
      context.putImageData(noise, 0, 0);`;
    await using server = await PageServer.start(
      pageWith({ body: '<canvas width="400" height="400"></canvas>', script }),
    );
    const { page } = await browser().page();
    await page.goto(server.url);

    vi.stubEnv('SCREENSHOTS', 'update');
    await expect(screenshot(page, 'noise', folder)).rejects.toThrow('bytes of noise');
  });
});

it('opens pages with the settings of a device', async () => {
  const { page } = await browser().page({
    viewport: { width: 360, height: 640 },
    colorScheme: 'dark',
    reducedMotion: 'reduce',
  });
  const matches = async (query: string): Promise<unknown> => await page.evaluate(`matchMedia('${query}').matches`);

  expect(await matches('(width: 360px) and (height: 640px)')).toBe(true);
  expect(await matches('(prefers-color-scheme: dark)')).toBe(true);
  expect(await matches('(prefers-reduced-motion: reduce)')).toBe(true);
});

it('leaves no process', async () => {
  const before = descendants(process.pid);
  let opened: number[];
  {
    await using second = await Browser.open();
    await second.page();
    opened = descendants(process.pid).filter((pid) => !before.includes(pid));
  }

  expect(opened.length).toBeGreaterThan(1);
  await eventually('the end of the processes', () => !opened.some(isRunning));
});

/** The processes that it started, and theirs. */
function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);
}
