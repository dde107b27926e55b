// A page of a browser test that collects its errors: of the console, of scripts, of requests, of the Content Security Policy.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

export interface PageOptions {
  /** In CSS pixels. @default 1280 x 800 */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** @default light */
  readonly colorScheme?: 'light' | 'dark';
  /** @default no-preference */
  readonly reducedMotion?: 'reduce' | 'no-preference';
  /** Reports that the test causes on purpose: Chromium reports each answer from status 400 on. @default none */
  readonly expected?: readonly RegExp[];
}

/** Chromium's error for a request that the page itself cancelled, which is no fault. */
const CANCELLED = 'net::ERR_ABORTED';

/** Runs in each document before its scripts, also under a policy that forbids inline scripts. */
const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) => {
  void reportViolation(event.effectiveDirective + ' forbids ' + (event.blockedURI || event.sourceFile));
})`;

/** Runs after the events that the page has queued. */
const TURN = 'new Promise((done) => { setTimeout(done); })';

export class WatchedPage {
  private reports: string[] = [];

  private constructor(
    /** The page of Playwright. */
    readonly page: Page,
    private readonly expected: readonly RegExp[],
  ) {}

  /** Opens it for the running test, and closes it after the test. */
  static async open(browser: Browser, { expected = [], ...options }: PageOptions = {}): Promise<WatchedPage> {
    const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, ...options });
    const watched = new WatchedPage(await context.newPage(), expected);
    await watched.watch(context);
    onTestFinished(async () => {
      try {
        const reports = await watched.takeReports();
        if (reports.length > 0) throw new Error(`the page reported: ${reports.join('; ')}`);
      } finally {
        await context.close();
      }
    });
    return watched;
  }

  /** The reports since the last call, also of pages that this page opened, without the expected ones. */
  async takeReports(): Promise<string[]> {
    for (const page of this.page.context().pages()) {
      await page.waitForLoadState();
      await page.evaluate(TURN);
    }
    const { reports } = this;
    this.reports = [];
    return reports.filter((report) => !this.expected.some((pattern) => pattern.test(report)));
  }

  private async watch(context: BrowserContext): Promise<void> {
    context.on('console', (message) => {
      if (message.type() === 'error') this.reports.push(`console: ${message.text()}`);
    });
    context.on('weberror', (thrown) => this.reports.push(`uncaught: ${String(thrown.error())}`));
    context.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? 'failed';
      if (reason !== CANCELLED) this.reports.push(`request: ${request.method()} ${request.url()} ${reason}`);
    });
    this.page.on('crash', () => this.reports.push('crash: the page'));
    await context.exposeFunction('reportViolation', (violation: string) => this.reports.push(`policy: ${violation}`));
    await context.addInitScript(REPORT_VIOLATIONS);
  }
}
