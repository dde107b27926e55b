// The last requests as a table.
import { html } from '../dom.js';
import { formatClock, formatDuration } from '../format.js';
import { OUTCOME_TEXTS, signIcon } from '../outcomes.js';
import type { LoggedRequest } from './request-log.js';

/** Keeps the row of a request while it is shown: a selection of text and the place of a screen reader stay. */
export class RequestTable {
  private rows = new Map<number, HTMLElement>();
  private readonly none = html('tr', {}, html('td', { colspan: 5, class: 'note' }, 'no requests yet'));

  constructor(private readonly body: HTMLElement) {
    body.replaceChildren(this.none);
  }

  /** @param entries the newest first. Only newer ones are added. */
  show(entries: readonly LoggedRequest[]): void {
    const shown = this.rows;
    const added = entries.filter(({ key }) => !shown.has(key)).map((entry) => [entry.key, rowOf(entry)] as const);
    const kept = entries.flatMap(({ key }) => {
      const row = shown.get(key);
      return row === undefined ? [] : [[key, row] as const];
    });
    this.rows = new Map([...added, ...kept]);
    for (const [key, row] of shown) if (!this.rows.has(key)) row.remove();
    if (this.rows.size > 0) this.none.remove();
    this.body.prepend(...added.map(([, row]) => row));
  }
}

function rowOf({ n, outcome, atMs, durationMs, isOwn }: LoggedRequest): HTMLElement {
  return html(
    'tr',
    { 'data-outcome': outcome, 'data-n': n, 'data-own': isOwn },
    html('td', {}, formatClock(atMs)),
    html('td', { class: 'number' }, String(n)),
    html('td', {}, signIcon(outcome), OUTCOME_TEXTS[outcome] ?? outcome),
    html('td', { class: 'number' }, formatDuration(durationMs)),
    html('td', {}, ...(isOwn ? [signIcon('own'), 'this page'] : ['other'])),
  );
}
