// The clock of the server, as far as its messages tell it.

/** Number of messages whose delay is compared. */
const SAMPLES = 30;

/** Each sample includes the network delay. The largest offset has the smallest delay. */
export class ServerClock {
  private offsets: number[] = [];
  private isReset = false;

  /** @param localMs a clock that never jumps, in milliseconds since the Unix epoch */
  constructor(private readonly localMs: () => number) {}

  /** Takes the time of a message that has just arrived, in milliseconds since the Unix epoch. */
  observe(serverMs: number): void {
    if (this.isReset) this.offsets = [];
    this.isReset = false;
    this.offsets.push(serverMs - this.localMs());
    if (this.offsets.length > SAMPLES) this.offsets.shift();
  }

  /** Forgets all messages when the next one comes: another server can have another clock. Until then, the time does not jump. */
  reset(): void {
    this.isReset = true;
  }

  /** In milliseconds since the Unix epoch. Before the first message, the time of this machine. */
  nowMs(): number {
    const offset = this.offsets.length === 0 ? 0 : Math.max(...this.offsets);
    return this.localMs() + offset;
  }
}
