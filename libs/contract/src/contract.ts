// The run-time description of a contract, by which a host checks, guards and proxies an instance of it.

/** What a host needs to know of one method. */
export interface MethodRule {
  /** An instance may leave the method out. */
  readonly optional?: true;
  /** The host alone calls the method; it is not offered to the application. For optional methods only. */
  readonly lifecycle?: true;
  /** Tells whether an answer has the right shape. Without it every answer is right. */
  readonly check?: (answer: unknown) => boolean;
}

type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];

/**
 * A kind of plugin: its name, its version and its methods. Two method names have a meaning to every host: `ping` rejects
 * while the plugin is of no use, `close` releases all that the factory opened.
 */
export interface Contract<T extends object> {
  readonly kind: string;
  /** Whole number. A plugin of another version is refused. */
  readonly version: number;
  readonly methods: {
    readonly [K in keyof T & string]-?: NonNullable<T[K]> extends (...args: never[]) => Promise<unknown>
      ? K extends OptionalKeys<T>
        ? MethodRule & { readonly optional: true }
        : MethodRule & { readonly optional?: never; readonly lifecycle?: never }
      : never;
  };
}

/**
 * Describes the contract `T`, all of whose members are methods that return promises. The compiler refuses a method that is
 * missing, unknown, wrongly optional, or synchronous.
 */
export function defineContract<T extends object>(contract: Contract<T>): Contract<T> {
  return contract;
}
