// The page /docs in a real browser: Swagger UI works under the policy of the page, and sends a request.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults } from '../support/accessibility.js';
import { useBrowser } from '../support/browser.js';
import { type Program, startProgram } from '../support/program.js';
import { screenshot } from '../support/screenshot.js';

const browser = useBrowser();

/** Rules that Swagger UI itself breaks. */
const OF_SWAGGER_UI = ['color-contrast', 'heading-order', 'nested-interactive', 'region', 'select-name'];

describe('the page /docs', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram();
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it('shows all routes', async () => {
    const { page } = await browser().page();
    await page.goto(`${program.url}/docs`);
    await page.locator('.opblock-summary-path', { hasText: '/fib/{n}' }).waitFor();
    const paths = await page.locator('.opblock-summary-path').allInnerTexts();
    const document = (await (await fetch(`${program.url}/openapi.json`)).json()) as { paths: object };
    // Swagger UI adds zero-width spaces after slashes.
    expect(paths.map((path) => path.replaceAll('\u200b', '')).toSorted()).toEqual(
      Object.keys(document.paths).toSorted(),
    );
    await screenshot(page, 'docs');
  });

  it('sends a request', async () => {
    const { page } = await browser().page();
    await page.goto(`${program.url}/docs`);
    await page.locator('.opblock-summary-path', { hasText: '/fib/{n}' }).click();
    await page.getByRole('button', { name: 'Try it out' }).click();
    await page.getByPlaceholder('n').fill('20');
    await page.getByRole('button', { name: 'Execute' }).click();
    await expect.poll(() => page.locator('.live-responses-table').textContent()).toContain('"result": 6765');
  });

  it('has no other fault of accessibility than those of Swagger UI', async () => {
    const { page } = await browser().page();
    await page.goto(`${program.url}/docs`);
    await page.locator('.opblock-summary-path', { hasText: '/fib/{n}' }).click();
    await page.getByRole('button', { name: 'Try it out' }).waitFor();
    const rules = (await accessibilityFaults(page)).map(({ rule }) => rule);
    expect(rules.filter((rule) => !OF_SWAGGER_UI.includes(rule))).toEqual([]);
  });
});
