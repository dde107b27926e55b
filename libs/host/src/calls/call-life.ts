// The abort state of a call: the part of AbortSignal that the host needs, without the cost of an EventTarget.

/** Reports that the caller has aborted the call, or that its deadline has passed. */
export type CallSignal = AbortSignal | CallLife;

export class CallLife {
  private controller: AbortController | undefined;
  private listener: (() => void) | undefined;
  private isAborted = false;

  get aborted(): boolean {
    return this.isAborted;
  }

  /** An AbortError. The plugin does not receive the reason of the caller. */
  get reason(): unknown {
    return this.toSignal().reason;
  }

  /** Holds one listener; a new one replaces it. A listener that is added after `abort` is not called. */
  addEventListener(_type: 'abort', listener: () => void, _options?: { readonly once: true }): void {
    this.listener = listener;
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    if (this.listener === listener) this.listener = undefined;
  }

  /** Idempotent. */
  abort(): void {
    if (this.isAborted) return;
    this.isAborted = true;
    this.controller?.abort();
    const { listener } = this;
    this.listener = undefined;
    listener?.();
  }

  /** @returns the same signal each time; the first call creates it */
  toSignal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.isAborted) this.controller.abort();
    }
    return this.controller.signal;
  }
}

/** @returns a real AbortSignal, for a plugin or an adapter */
export function abortSignalOf(signal: CallSignal): AbortSignal {
  return signal instanceof CallLife ? signal.toSignal() : signal;
}
