// The short replacement of a connection that was ended on purpose. Calls wait for its end.

export class Replacement {
  private underWay: { readonly over: Promise<void>; readonly end: () => void } | undefined;

  get isUnderWay(): boolean {
    return this.underWay !== undefined;
  }

  /** @param longestMs longest duration of the replacement, in milliseconds; it ends then in any case */
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

  /** Resolves at the end of the replacement. */
  async over(): Promise<void> {
    await this.underWay?.over;
  }
}
