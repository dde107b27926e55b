// Ids of the requests of this page, by which it recognizes them in the events.

const BYTES = 6;

export class RequestIds {
  private readonly prefix: string;
  private count = 0;

  constructor() {
    // Not randomUUID(): browsers have it only over HTTPS and on localhost.
    const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
    this.prefix = `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}-`;
  }

  next(): string {
    this.count += 1;
    return `${this.prefix}${this.count}`;
  }

  /** Also recognizes the requests of a burst, whose ids begin with that of the burst. */
  readonly isOwn = (id: string): boolean => id.startsWith(this.prefix);
}
