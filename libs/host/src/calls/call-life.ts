// Whether a call still has a caller: as much of an AbortSignal as the host needs, without the cost of an event target.

/** What tells the one who works on a call that its caller has gone. */
export type CallSignal = AbortSignal | CallLife;

export class CallLife {
  private controller: AbortController | undefined;
  private listener: (() => void) | undefined;
  private isAborted = false;

  get aborted(): boolean {
    return this.isAborted;
  }

  /** An AbortError; the reason of the caller stays with the host. */
  get reason(): unknown {
    return this.toSignal().reason;
  }

  /** Takes one listener, which replaces the one before. It is not called when the life has ended already. */
  addEventListener(_type: 'abort', listener: () => void, _options?: { readonly once: true }): void {
    this.listener = listener;
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    if (this.listener === listener) this.listener = undefined;
  }

  /** Ends the life. Later calls do nothing. */
  abort(): void {
    if (this.isAborted) return;
    this.isAborted = true;
    this.controller?.abort();
    const { listener } = this;
    this.listener = undefined;
    listener?.();
  }

  /** @returns the same signal each time, made by the first call */
  toSignal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.isAborted) this.controller.abort();
    }
    return this.controller.signal;
  }
}

/** @returns what a plugin or an adapter can be given */
export function abortSignalOf(signal: CallSignal): AbortSignal {
  return signal instanceof CallLife ? signal.toSignal() : signal;
}
