// Collects the messages of one turn of the event loop and sends them as batches, because a crossing costs more than a message.
import { fitsInBatch, MAX_BATCH } from './batch.js';
import type { Sent } from './protocol.js';

export interface OutboxOptions<Message> {
  /** @throws Error when the message cannot be cloned, or is too large */
  readonly post: (sent: Sent<Message>) => void;
  /** Schedules a callback for the end of the turn. */
  readonly atEndOfTurn: (flush: () => void) => void;
  /** Called with a message that could not be sent. The rest of its batch was sent. */
  readonly onUnsendable: (message: Message, error: unknown) => void;
}

/** Keeps the order of messages. A message must not be changed before it is sent. */
export class Outbox<Message> {
  private waiting: Message[] = [];
  private isScheduled = false;

  constructor(private readonly options: OutboxOptions<Message>) {}

  /** Sends the message at the end of this turn, in a batch. A large message is sent at once. */
  add(message: Message): void {
    if (!fitsInBatch(message)) return this.send(message);
    this.waiting.push(message);
    if (this.waiting.length >= MAX_BATCH) return this.flush();
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.options.atEndOfTurn(this.onEndOfTurn);
  }

  /** Sends the waiting messages and this one at once. */
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

  /** Sends the waiting messages. */
  flush(): void {
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    if (waiting.length > 1 && this.isPosted(waiting)) return;
    for (const message of waiting) this.post(message);
  }

  /** Drops the waiting messages. */
  drop(): void {
    this.waiting = [];
  }

  private readonly onEndOfTurn = (): void => {
    this.isScheduled = false;
    this.flush();
  };

  /** @returns false if one of the messages cannot be sent; then none was */
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
