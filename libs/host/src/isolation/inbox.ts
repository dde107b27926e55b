// What arrives together is handled one by one, in turns of the event loop that do not take long.

/** How long one turn takes at most before the next message has to wait, in milliseconds. */
const TURN_MS = 1;

/**
 * A plugin that computes would otherwise hold back the first answer of a batch until the last call of it has run.
 */
export class Inbox<Message> {
  private waiting: Message[] = [];
  private next = 0;

  constructor(private readonly onMessage: (message: Message) => void) {}

  push(sent: Message | readonly Message[]): void {
    const isIdle = this.waiting.length === 0;
    if (Array.isArray(sent)) this.waiting.push(...(sent as readonly Message[]));
    else this.waiting.push(sent as Message);
    if (isIdle) this.handle();
  }

  private handle(): void {
    const startedMs = performance.now();
    try {
      do this.onMessage(this.waiting[this.next++] as Message);
      while (this.next < this.waiting.length && performance.now() - startedMs < TURN_MS);
    } finally {
      if (this.next < this.waiting.length) {
        setImmediate(() => this.handle());
      } else {
        this.waiting = [];
        this.next = 0;
      }
    }
  }
}
