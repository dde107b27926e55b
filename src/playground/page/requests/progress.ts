// The progress of the running requests of this page, by the estimate of the longest.
import { find, setText } from '../dom.js';
import type { Estimate } from './estimate.js';
import { formatDuration } from '../format.js';
import type { RunningRequest } from './requests.js';

/** Time between two updates, in milliseconds. */
const UPDATE_MS = 100;
/** A shorter computation gets no progress, in milliseconds. */
const QUICK_MS = 150;

export class Progress {
  private readonly bar = find('progress', HTMLProgressElement);
  private readonly text = find('remaining', HTMLElement);
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly running: ReadonlySet<RunningRequest>,
    private readonly estimate: Estimate,
  ) {}

  /** Shows that a request has begun or ended. */
  changed(): void {
    if (this.running.size > 0) this.timer ??= setInterval(() => !document.hidden && this.show(), UPDATE_MS);
    else {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    this.show();
  }

  private show(): void {
    const remaining = [...this.running].map((request) => ({ request, ms: this.remainingMs(request) }));
    const [longest] = remaining.toSorted((one, other) => other.ms - one.ms);
    if (longest === undefined) {
      this.bar.value = 0;
      setText(this.text, 'no request of this page runs');
      return;
    }
    const { n } = longest.request;
    const others = this.running.size === 1 ? '' : ` · ${this.running.size - 1} more`;
    const expectedMs = this.estimate.of(n);
    if (expectedMs === undefined || longest.ms < 0) {
      this.bar.removeAttribute('value');
      const isLong = expectedMs !== undefined && longest.ms < -QUICK_MS;
      setText(this.text, `fib(${n}): ${isLong ? 'longer than expected' : 'waits for the answer'}${others}`);
      return;
    }
    this.bar.value = 1 - longest.ms / Math.max(expectedMs, 1);
    setText(this.text, `fib(${n}): about ${formatDuration(Math.max(longest.ms, 100))} left${others}`);
  }

  private remainingMs({ n, startedMs }: RunningRequest): number {
    return (this.estimate.of(n) ?? 0) - (performance.now() - startedMs);
  }
}
