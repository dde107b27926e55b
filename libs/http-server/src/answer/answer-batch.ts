// A batch of answers: the answers of one turn of the event loop are sent together.
import type { ServerResponse } from 'node:http';

/** A complete answer that is not sent yet. */
export interface PendingAnswer {
  readonly response: ServerResponse;
  readonly status: number;
  /** Names and values alternate. */
  readonly headers: readonly string[];
  readonly body: string;
  /** `latin1` is faster, and equal for ASCII. */
  readonly encoding: 'utf8' | 'latin1';
}

export interface AnswerBatchOptions {
  /** Largest number of answers in a batch. 1 sends each answer at once. Whole number >= 1. */
  readonly maxAnswers: number;
  /** Called with the error of an answer that could not be written. */
  readonly onFailure: (error: unknown, response: ServerResponse) => void;
}

/**
 * Collects the answers of one poll phase of the event loop and sends them after it. Each write wakes its client, which then
 * competes for the processor, so writes cost less after the other work is done.
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
      // Refused in the meantime, or its client has left.
      if (response.headersSent || response.destroyed) continue;
      try {
        response.writeHead(status, headers as string[]).end(body, encoding);
      } catch (error) {
        this.options.onFailure(error, response);
      }
    }
  }
}
