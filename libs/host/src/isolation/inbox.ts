// Handles the messages of a batch one by one, in short turns of the event loop.

/** Time after which the next message waits for another turn, in milliseconds. */
const TURN_MS = 1;

/** Without turns, the first answer of a batch would wait until a computing plugin has handled the whole batch. */
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
