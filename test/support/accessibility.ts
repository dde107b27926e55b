// The accessibility of a page, checked by axe-core.
import axe from 'axe-core';
import type { Page } from 'playwright-core';

export interface AccessibilityFault {
  /** The id of the rule of axe-core, for example color-contrast. */
  readonly rule: string;
  /** The CSS selectors of the elements. */
  readonly targets: readonly string[];
}

export interface AccessibilityOptions {
  /** Ids of rules that are not checked. @default none */
  readonly except?: readonly string[];
}

/** The faults of the document as it is now, without its frames. The policy of the page does not concern axe-core. */
export async function accessibilityFaults(
  page: Page,
  { except = [] }: AccessibilityOptions = {},
): Promise<AccessibilityFault[]> {
  const options: axe.RunOptions = {
    iframes: false,
    resultTypes: ['violations'],
    rules: Object.fromEntries(except.map((rule) => [rule, { enabled: false }])),
  };
  // Code of the debugger, unlike a script element, runs under every policy.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
  return violations.map(({ id, nodes }) => ({ rule: id, targets: nodes.map(({ target }) => target.join(' ')) }));
}
