// Contract descriptions: from one, a host checks, guards and proxies a plugin instance.
import type { StandardSchema } from './standard-schema.js';

/** The last, optional parameter of every contract method. The host passes it to each call, by position. */
export interface CallOptions {
  /** Aborted when the caller aborts the call or its deadline passes. @default never aborted */
  readonly signal?: AbortSignal;
  /**
   * Set by the host for a traced call: its trace context, in the format of the header `traceparent` of W3C Trace Context. Send it
   * with requests to your back end. @default undefined (the call is not traced)
   */
  readonly traceparent?: string;
}

/** Optional methods of every contract. A contract description does not list them. */
export interface Lifecycle {
  /** Health check. @throws any error while the plugin is not usable, for example because its back end is down */
  ping?(options?: CallOptions): Promise<void>;
  /**
   * Releases everything that the factory opened. Only the host calls it; the application's proxy does not have it.
   * @throws any error if it fails; the host reports PLUGIN_CLOSE_FAILED
   */
  close?(): Promise<void>;
}

/** Description of one contract method. */
export interface MethodRule {
  /** Names of the data arguments, in order, for error messages. The call options follow them. */
  readonly args: readonly string[];
  /** Longest time that one call may take, in milliseconds. Whole number >= 1. @default 1000 */
  readonly timeoutMs?: number;
  /**
   * Codes of the domain errors. A rejection with one of these codes is an answer, not a failure of the plugin: the caller
   * receives the same name, code, message and plain `details` in every isolation. @default none
   */
  readonly errors?: readonly string[];
  /** Whether a plugin may omit the method. @default false */
  readonly optional?: boolean;
}

/** Check of an answer: a predicate, or a Standard Schema whose output becomes the caller's answer. */
export type AnswerCheck<Output = unknown> = ((answer: unknown) => boolean) | StandardSchema<unknown, Output>;

declare const INSTANCE: unique symbol;

/** A contract between an application and its plugins. Create it with {@link defineContract}. */
export interface Contract<out T extends object> {
  /** Name of the plugin kind, such as `mailer`. */
  readonly kind: string;
  /** Version of the contract. Whole number >= 1. Increase it with each change that breaks existing plugins. */
  readonly version: number;
  /** Descriptions of the methods, by name. */
  readonly methods: Readonly<Record<string, MethodRule>>;
  /** Checks of the answers, by method name. @default any plain data is accepted */
  readonly output?: Readonly<Record<string, AnswerCheck>>;
  /** Adapters from older versions, whose plugins are accepted too. @default none */
  readonly accepts?: readonly Adapter[];
  /**
   * Returns a copy of the contract with the parts that only the host needs. Write it in a separate file, so that no schema is
   * bundled into a plugin.
   * @example export const MAILER_HOST = MAILER.with({ output: { send: z.object({ id: z.string() }) } });
   */
  with(side: HostSide<T>): Contract<T>;
  /** Carries the type `T`. Never set at run time. */
  readonly [INSTANCE]?: T;
}

/** The parts of a contract that only the host needs. See {@link Contract.with}. */
export interface HostSide<T extends object> {
  /** Checks of the answers, by method name. @default any plain data is accepted */
  readonly output?: { readonly [Name in MethodName<T>]?: AnswerCheck<Answer<T[Name]>> };
  /** Adapters from older versions, made by {@link adapter}. @default none */
  readonly accepts?: readonly Adapter<T>[];
}

/** Adapts plugins of an older contract version to a newer one. Create it with {@link adapter}. */
export interface Adapter<out New extends object = object> {
  /** The older contract. */
  readonly from: Contract<object>;
  /** Returns an object with the methods of the newer contract, backed by an instance of the older one. */
  adapt(old: never): New;
}

/**
 * Describes the contract `T`. Every member of `T` must be a method that returns a promise. The compiler rejects a description
 * in which a method is missing, unknown, wrongly optional or synchronous, a data parameter is optional, or `args` has the wrong
 * length.
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
 * Creates an entry of `accepts`, so that plugins of an older contract version keep working. The adapter runs in the host. Calls
 * of the plugin are checked by the old contract; deadline and circuit breaker come from the new one.
 *
 * @param from the older contract
 * @param adapt called once for each opened plugin; pass the call options on to the old instance
 * @example adapter(MAILER_V1, (old) => ({ send: async (mail, options) => ({ id: await old.send(toV1(mail), options) }) }))
 */
export function adapter<Old extends object, New extends object>(
  from: Contract<Old>,
  adapt: (old: Old) => New,
): Adapter<New> {
  return { from, adapt };
}

/** The argument of {@link defineContract}. A mistake is a compile error at the wrong member. */
export interface ContractDescription<T extends object> {
  /** Name of the plugin kind, such as `mailer`. Not empty. */
  readonly kind: string;
  /** Version of the contract. Whole number >= 1. Increase it with each change that breaks existing plugins. */
  readonly version: number;
  /** Descriptions of all methods of `T`, by name. See {@link MethodRule}. */
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
  /** Names of the data arguments, in order, for error messages. The call options follow them. */
  readonly args: Arguments<Call>;
  /** Longest time that one call may take, in milliseconds. Whole number >= 1. @default 1000 */
  readonly timeoutMs?: number;
  /** Codes of the domain errors. A rejection with one of these codes is an answer, not a failure. @default none */
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

/** The parameters before the call options. A parameter with `signal`, and no member that is not one of CallOptions, is the call options. */
type Data<Params extends readonly unknown[]> =
  Required<Params> extends readonly [...infer Before, infer Last]
    ? IsCallOptions<Last> extends true
      ? Before
      : Required<Params>
    : [];
type RequiredOf<Params extends readonly unknown[]> = Params extends readonly [infer First, ...infer Rest]
  ? [First, ...RequiredOf<Rest>]
  : [];
type IsCallOptions<Param> = [keyof NonNullable<Param>, 'signal'] extends [keyof CallOptions, keyof NonNullable<Param>]
  ? true
  : false;
