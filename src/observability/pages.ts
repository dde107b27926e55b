// The pages of the application that a person can open.
import type { AppConfig } from '../config/config.js';

export interface Page {
  readonly name: string;
  /** Begins with a slash. */
  readonly path: string;
}

/** The pages that are switched on, in the order in which they are shown. */
export function pagesOf({ playground, docs, metrics }: Pick<AppConfig, 'playground' | 'docs' | 'metrics'>): Page[] {
  return [
    ...(playground.isOn ? [{ name: 'page', path: '/' }] : []),
    ...(docs.isOn ? [{ name: 'docs', path: '/docs' }] : []),
    ...(metrics.isOn ? [{ name: 'metrics', path: '/metrics' }] : []),
  ];
}
