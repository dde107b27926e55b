// The form that asks: n by number and slider, a burst, and their cancellation.
import type { PageFacts } from '../../page-facts.js';
import { find, setText } from '../dom.js';
import type { Estimate } from './estimate.js';
import { formatDuration } from '../format.js';
import type { Requests } from './requests.js';

/** The first n of the page: about a second. */
const FIRST_N = 42;
const FIRST_BURST = 40;

export class AskForm {
  private readonly n = find('n', HTMLInputElement);
  private readonly range = find('n-range', HTMLInputElement);
  private readonly burstCount = find('burst-count', HTMLInputElement);
  private readonly cancel = find('cancel', HTMLButtonElement);
  private readonly expected = find('expected', HTMLElement);

  constructor(
    facts: PageFacts,
    private readonly requests: Requests,
    private readonly estimate: Estimate,
  ) {
    const first = String(Math.min(FIRST_N, facts.maxN));
    for (const input of [this.n, this.range]) Object.assign(input, { max: String(facts.maxN), value: first });
    Object.assign(this.burstCount, {
      max: String(facts.maxBurst),
      value: String(Math.min(FIRST_BURST, facts.maxBurst)),
    });

    this.n.addEventListener('input', () => this.showN(this.range, this.n));
    this.range.addEventListener('input', () => this.showN(this.n, this.range));
    find('ask', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.n.reportValidity()) void requests.ask(this.n.valueAsNumber);
    });
    find('burst', HTMLButtonElement).addEventListener('click', () => {
      if (!this.n.reportValidity() || !this.burstCount.reportValidity()) return;
      void requests.burst({ n: this.n.valueAsNumber, count: this.burstCount.valueAsNumber });
    });
    this.cancel.addEventListener('click', () => requests.cancelAll());
    document.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') requests.cancelAll();
    });
    this.showExpected();
  }

  /** Shows whether there is something to cancel. A disabled button would lose the focus, so it is passed on. */
  showRunning(): void {
    const isIdle = this.requests.running.size === 0;
    if (isIdle && document.activeElement === this.cancel) find('ask-button', HTMLButtonElement).focus();
    this.cancel.disabled = isIdle;
  }

  /** Shows how long the computation of n will take. */
  showExpected(): void {
    const ms = this.n.validity.valid ? this.estimate.of(this.n.valueAsNumber) : undefined;
    const text = ms === undefined ? '' : `about ${formatDuration(ms)}`;
    setText(this.expected, this.n.validity.valid ? text : `0 to ${this.n.max}`);
  }

  private showN(other: HTMLInputElement, changed: HTMLInputElement): void {
    other.value = changed.value;
    this.showExpected();
  }
}
