// The short time in which a connection that was ended on purpose is replaced. Calls wait for its end.

export class Replacement {
  private underWay: { readonly over: Promise<void>; readonly end: () => void } | undefined;

  get isUnderWay(): boolean {
    return this.underWay !== undefined;
  }

  /** @param longestMs after which it is over, whatever has become of the connection, in milliseconds */
  begin(longestMs: number): void {
    if (this.isUnderWay) return;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.end(), longestMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    this.underWay = { over, end };
  }

  end(): void {
    this.underWay?.end();
    this.underWay = undefined;
  }

  /** Resolves when it is over. */
  async over(): Promise<void> {
    await this.underWay?.over;
  }
}
