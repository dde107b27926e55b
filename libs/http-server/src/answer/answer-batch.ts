// Answers of one turn of the event loop, sent together.
import type { ServerResponse } from 'node:http';

/** An answer that is complete but for its sending. */
export interface PendingAnswer {
  readonly response: ServerResponse;
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string;
  /** `latin1` sends sooner, and is the same for a body of ASCII. */
  readonly encoding: 'utf8' | 'latin1';
}

export interface AnswerBatchOptions {
  /** A turn with more answers sends so many at a time. 1 sends each at once. Whole number >= 1. */
  readonly maxAnswers: number;
  /** Told of an answer that could not be written. */
  readonly onFailure: (error: unknown, response: ServerResponse) => void;
}

/**
 * Sends what was answered since the event loop last polled, as soon as it has handled what had arrived. Each system call that
 * sends wakes its client, which then competes for the processor: it costs less when the work between the calls is done.
 */
export class AnswerBatch {
  private pending: PendingAnswer[] = [];
  private flushing: NodeJS.Immediate | undefined;

  constructor(private readonly options: AnswerBatchOptions) {}

  add(answer: PendingAnswer): void {
    this.pending.push(answer);
    if (this.pending.length >= this.options.maxAnswers) this.send();
    else this.flushing ??= setImmediate(this.flush);
  }

  private readonly flush = (): void => {
    this.flushing = undefined;
    this.send();
  };

  private send(): void {
    const { pending } = this;
    this.pending = [];
    for (const { response, status, headers, body, encoding } of pending) {
      // Refused meanwhile, or its client has left.
      if (response.headersSent || response.destroyed) continue;
      try {
        response.writeHead(status, headers as string[]).end(body, encoding);
      } catch (error) {
        this.options.onFailure(error, response);
      }
    }
  }
}
