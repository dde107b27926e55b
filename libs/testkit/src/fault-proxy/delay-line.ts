// A queue of delayed actions. Each runs in its own turn of the event loop, in order, when it is due.

export class DelayLine {
  private readonly waiting: { readonly dueMs: number; readonly act: () => void }[] = [];
  private cancelNext: (() => void) | undefined;

  /** @param delayMs delay from now, in milliseconds. Earlier actions still run first */
  push(delayMs: number, act: () => void): void {
    this.waiting.push({ dueMs: performance.now() + delayMs, act });
    this.plan();
  }

  /** Drops all pending actions. */
  clear(): void {
    this.waiting.length = 0;
    this.cancelNext?.();
    this.cancelNext = undefined;
  }

  private plan(): void {
    const [first] = this.waiting;
    if (first === undefined || this.cancelNext !== undefined) return;
    const leftMs = first.dueMs - performance.now();
    if (leftMs > 0) {
      const timer = setTimeout(() => this.go(), Math.ceil(leftMs));
      this.cancelNext = () => clearTimeout(timer);
    } else {
      const turn = setImmediate(() => this.go());
      this.cancelNext = () => clearImmediate(turn);
    }
  }

  private go(): void {
    this.cancelNext = undefined;
    const [first] = this.waiting;
    if (first !== undefined && first.dueMs <= performance.now()) {
      this.waiting.shift();
      first.act();
    }
    this.plan();
  }
}
