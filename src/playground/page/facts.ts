// The facts that the server writes into the page.
import type { PageFacts } from '../page-facts.js';

/** @throws SyntaxError if the text is no JSON, so that a page without a server fails visibly */
export function readFacts(body: HTMLElement): PageFacts {
  return JSON.parse(body.dataset['facts'] ?? '') as PageFacts;
}
