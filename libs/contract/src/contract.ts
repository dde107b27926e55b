// The description of a contract: what an application and a plugin agree on, so that a host can check, guard and proxy an instance.
import type { StandardSchema } from './standard-schema.js';

/** The last, optional parameter of every method. The host adds it to each call, by position. */
export interface CallOptions {
  /** Aborted when the caller has gone, or the deadline has passed. */
  readonly signal?: AbortSignal;
}

/** The methods that every contract may have. A description does not name them. */
export interface Lifecycle {
  /** Rejects while the plugin is of no use, such as without its back end. */
  ping?(options?: CallOptions): Promise<void>;
  /** Releases all that the factory opened. For the host alone: an application does not see it. */
  close?(): Promise<void>;
}

/** What a host knows of one method. */
export interface MethodRule {
  /** The names of its data arguments, for errors. The call options follow them. */
  readonly args: readonly string[];
  /** Longest time that one call may take, in milliseconds. Whole number >= 1. @default 1000 */
  readonly timeoutMs?: number;
  /**
   * The codes of its domain errors. A rejection with such a `code` is an answer: its caller gets the same name, code, message
   * and plain `details` in every isolation, and it is no failure of the plugin. @default none
   */
  readonly errors?: readonly string[];
  /** A plugin may leave the method out. @default false */
  readonly optional?: boolean;
}

/** Tells whether an answer has the right shape: a predicate, or a Standard Schema whose output the caller gets. */
export type AnswerCheck<Output = unknown> = ((answer: unknown) => boolean) | StandardSchema<unknown, Output>;

declare const INSTANCE: unique symbol;

/** A kind of plugin. Made by {@link defineContract}; plain, so that a registry can hold any. */
export interface Contract<out T extends object> {
  /** The name of the kind, such as `mailer`. */
  readonly kind: string;
  /** Whole number >= 1. It grows with each change that an older plugin does not keep. */
  readonly version: number;
  readonly methods: Readonly<Record<string, MethodRule>>;
  /** By the names of methods. @default every answer that is plain data is right */
  readonly output?: Readonly<Record<string, AnswerCheck>>;
  /** Older versions whose plugins serve as well. @default none */
  readonly accepts?: readonly Adapter[];
  /**
   * The contract with what only the host needs. Write it in a file of its own, so that no schema is bundled into a plugin.
   */
  with(side: HostSide<T>): Contract<T>;
  readonly [INSTANCE]?: T;
}

/** What only the host needs of a contract. */
export interface HostSide<T extends object> {
  readonly output?: { readonly [Name in MethodName<T>]?: AnswerCheck<Answer<T[Name]>> };
  readonly accepts?: readonly Adapter<T>[];
}

/** Makes an instance of an older contract serve as one of the new. */
export interface Adapter<out New extends object = object> {
  readonly from: Contract<object>;
  adapt(old: never): New;
}

/**
 * Describes the contract `T`, all of whose members are methods that return promises. The compiler refuses a method that is
 * missing, unknown, wrongly optional or synchronous, an optional data parameter, and names that are not those of `args`.
 *
 * @example
 * interface Mailer extends Lifecycle {
 *   send(mail: Mail, options?: CallOptions): Promise<{ id: string }>;
 * }
 * const MAILER = defineContract<Mailer>({
 *   kind: 'mailer',
 *   version: 1,
 *   methods: { send: { args: ['mail'], timeoutMs: 10_000, errors: ['INVALID_ADDRESS'] } },
 * });
 */
export function defineContract<T extends Lifecycle & object>(description: ContractDescription<T>): Contract<T> {
  const { kind, version, methods } = description as unknown as Pick<Contract<T>, 'kind' | 'version' | 'methods'>;
  const contract: Contract<T> = {
    kind,
    version,
    methods,
    with: (side) => ({ ...contract, ...side }) as Contract<T>,
  };
  return contract;
}

/**
 * An entry of `accepts`: plugins of an older contract serve through it. It runs in the host. The description of the old contract
 * guards the plugin; deadline and breaker of the new one guard the caller.
 *
 * @param adapt called once for each plugin that is opened; hand the call options on
 * @example adapter(MAILER_V1, (old) => ({ send: async (mail, options) => ({ id: await old.send(toV1(mail), options) }) }))
 */
export function adapter<Old extends object, New extends object>(
  from: Contract<Old>,
  adapt: (old: Old) => New,
): Adapter<New> {
  return { from, adapt };
}

/** What is written of a contract. A mistake is an error of the compiler, at the member that is wrong. */
export interface ContractDescription<T extends object> {
  readonly kind: string;
  readonly version: number;
  readonly methods: {
    readonly [Name in MethodName<T>]-?: Name extends 'then'
      ? 'a method named then would make the instance a promise'
      : NonNullable<T[Name]> extends Method
        ? MethodDescription<NonNullable<T[Name]>, undefined extends T[Name] ? true : false>
        : 'a member is not a method';
  };
}

type Method = (...args: never[]) => unknown;
type MethodName<T> = Exclude<keyof T & string, keyof Lifecycle>;
type Answer<Member> = NonNullable<Member> extends (...args: never[]) => infer Returned ? Awaited<Returned> : never;

type MethodDescription<Call extends Method, IsOptional extends boolean> = {
  readonly args: Arguments<Call>;
  readonly timeoutMs?: number;
  readonly errors?: readonly string[];
} & (IsOptional extends true ? { readonly optional: true } : { readonly optional?: false });

type Arguments<Call extends Method> =
  ReturnType<Call> extends Promise<infer Resolved>
    ? [Resolved] extends [never]
      ? ArgumentNames<Parameters<Call>>
      : Resolved extends AsyncIterable<unknown>
        ? 'return the AsyncIterable itself, not a Promise of it'
        : ArgumentNames<Parameters<Call>>
    : 'a method returns a Promise';

type ArgumentNames<Params extends readonly unknown[]> = number extends Params['length']
  ? 'a rest parameter cannot cross: take an array'
  : RequiredOf<Params>['length'] extends Data<Params>['length']
    ? Names<Data<Params>>
    : 'only the trailing call options may be optional: write `| undefined` instead of `?`';

type Names<List extends readonly unknown[]> = { readonly [Index in keyof List]: string };

/** The parameters before the call options, which are known by their only member, because it is optional. */
type Data<Params extends readonly unknown[]> =
  Required<Params> extends readonly [...infer Before, infer Last]
    ? IsCallOptions<Last> extends true
      ? Before
      : Required<Params>
    : [];
type RequiredOf<Params extends readonly unknown[]> = Params extends readonly [infer First, ...infer Rest]
  ? [First, ...RequiredOf<Rest>]
  : [];
type IsCallOptions<Param> = [keyof NonNullable<Param>, 'signal'] extends ['signal', keyof NonNullable<Param>]
  ? true
  : false;
