// A real Chromium for the tests of a file, and pages in it that report their errors.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser as Chromium, chromium } from 'playwright-core';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type PageOptions, WatchedPage } from './watched-page.js';

/** The names of Chromium and Chrome in distributions, as in scripts/debian-package.mjs: the first one on the PATH is used. */
export const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

export class Browser implements AsyncDisposable {
  private constructor(private readonly running: Chromium) {}

  /** @throws Error without a Chromium on the PATH */
  static async open(): Promise<Browser> {
    const executablePath = findChromium();
    if (executablePath === undefined) throw new Error(missing());
    return new Browser(await chromium.launch({ executablePath }));
  }

  /** A page with cookies, storage and cache of its own. It is closed after the test, which fails if the page reported an error. */
  async page(options?: PageOptions): Promise<WatchedPage> {
    return await WatchedPage.open(this.running, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running.close();
  }
}

/**
 * One Chromium for all tests of the file. Without a Chromium, the tests are skipped with the reason; if CI is true, they fail.
 * @returns the browser, for use in tests
 */
export function useBrowser(): () => Browser {
  let browser: Browser | undefined;
  const isSkipped = findChromium() === undefined && process.env['CI'] !== 'true';
  beforeAll(async () => {
    if (isSkipped) console.warn(`The tests of this file are skipped: ${missing()}.`);
    else browser = await Browser.open();
  });
  beforeEach(({ skip }) => {
    skip(isSkipped, missing());
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
  });
  return () => {
    if (browser === undefined) throw new Error('found no open browser; call this function in a test');
    return browser;
  };
}

function missing(): string {
  return `found no ${CHROMIUM_NAMES.join(' or ')} on the PATH`;
}

function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return CHROMIUM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
