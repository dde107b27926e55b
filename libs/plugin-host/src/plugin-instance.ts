// The one interface through which the host reaches an instance, wherever it runs.

export interface PluginInstance {
  /** The methods of the contract that this instance has. */
  readonly methods: ReadonlySet<string>;
  /** @param args plain data; the signal travels beside them, because it must be carried across a thread by other means */
  call(method: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown>;
  /** Ends the instance. Called once, after its last call. */
  close(): Promise<void>;
}

/** An instance in this thread. */
export class InlineInstance implements PluginInstance {
  constructor(
    private readonly target: object,
    readonly methods: ReadonlySet<string>,
  ) {}

  async call(method: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    const target = this.target as Record<string, (...args: unknown[]) => unknown>;
    return target[method]?.(...args, { signal });
  }

  async close(): Promise<void> {
    if (this.methods.has('close')) await (this.target as { close: () => unknown }).close();
  }
}
