// Messages that wait for those behind them: the messages of one turn of the event loop cross as batches, because each crossing
// costs more than a message.
import { fitsInBatch, MAX_BATCH } from './batch.js';
import type { Sent } from './protocol.js';

export interface OutboxOptions<Message> {
  /** @throws when it cannot be cloned, or is too large */
  readonly post: (sent: Sent<Message>) => void;
  /** Calls back when the turn is over. */
  readonly atEndOfTurn: (flush: () => void) => void;
  /** Told of a message that could not be sent. The others of its batch were. */
  readonly onUnsendable: (message: Message, error: unknown) => void;
}

/** Keeps the order of its messages, which must not be changed before they have crossed. */
export class Outbox<Message> {
  private waiting: Message[] = [];
  private isScheduled = false;

  constructor(private readonly options: OutboxOptions<Message>) {}

  /** Sends it with the others of this turn. */
  add(message: Message): void {
    if (!fitsInBatch(message)) return this.send(message);
    this.waiting.push(message);
    if (this.waiting.length >= MAX_BATCH) return this.flush();
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.options.atEndOfTurn(this.onEndOfTurn);
  }

  /** Sends it at once, behind those that wait. */
  send(message: Message): void {
    if (this.waiting.length > 0) {
      if (fitsInBatch(message)) {
        this.waiting.push(message);
        return this.flush();
      }
      this.flush();
    }
    this.post(message);
  }

  /** Sends what waits. */
  flush(): void {
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    if (waiting.length > 1 && this.isPosted(waiting)) return;
    for (const message of waiting) this.post(message);
  }

  /** Drops what waits. */
  drop(): void {
    this.waiting = [];
  }

  private readonly onEndOfTurn = (): void => {
    this.isScheduled = false;
    this.flush();
  };

  /** Not when one of them cannot be sent. */
  private isPosted(batch: readonly Message[]): boolean {
    try {
      this.options.post(batch);
      return true;
    } catch {
      return false;
    }
  }

  private post(message: Message): void {
    try {
      this.options.post(message);
    } catch (error) {
      this.options.onUnsendable(message, error);
    }
  }
}
