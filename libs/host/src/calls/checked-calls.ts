// Checks the arguments and answers of calls against the contract, and classifies rejections.
import type { Contract, MethodRule } from '@pluggable/contract';
import { codeOf } from '../foreign-error.js';
import { onOneLine, plainReasonOf, PluginError } from '../plugin.error.js';
import { CallTrace } from '../telemetry/call-trace.js';
import { withoutSecrets } from '../log/masked-error.js';
import { type Mask, NOTHING_TO_MASK } from '../log/secrets.js';
import { answerCheck, type CheckedAnswer, WrongAnswer } from './answer-check.js';
import { NotPlain } from './not-plain.js';
import { isPlainPrototype } from './object-kinds.js';
import { plainCopies, plainCopy } from './plain-data.js';
import type { PluginInstance } from './plugin-instance.js';
import { DomainError, Rejection, type RejectionParts } from './rejection.js';

/** The parts of a contract that calls need. */
export type CallContract = Pick<Contract<object>, 'kind' | 'methods' | 'output'>;

export interface CheckOptions {
  readonly path: string;
  readonly mask: Mask;
  /** Name of the setting that raises the call timeout. */
  readonly callTimeoutSetting: string;
}

/** The arguments of a call, split into data and call options. */
export interface CallArguments {
  readonly data: readonly unknown[];
  /** Signal of the caller. */
  readonly signal: AbortSignal | undefined;
}

interface Method {
  readonly rule: MethodRule;
  readonly check: CheckedAnswer;
}

const PING: Method = { rule: { args: [] }, check: answerCheck(undefined) };

export class CheckedCalls {
  private readonly methods = new Map<string, Method>();

  constructor(
    private readonly instance: PluginInstance,
    { methods, output }: CallContract,
    private readonly options: CheckOptions,
  ) {
    for (const [name, rule] of Object.entries(methods)) {
      const check = output !== undefined && Object.hasOwn(output, name) ? output[name] : undefined;
      if (instance.methods.has(name)) this.methods.set(name, { rule, check: answerCheck(check) });
    }
    if (instance.methods.has('ping')) this.methods.set('ping', PING);
  }

  /** Names of the methods that the instance has. */
  get names(): readonly string[] {
    return [...this.methods.keys()];
  }

  has(name: string): boolean {
    return this.methods.has(name);
  }

  /** Splits and copies the arguments. @throws PluginError PLUGIN_WRONG_ARGUMENTS */
  take(name: string, args: readonly unknown[]): CallArguments {
    const { args: names } = this.method(name).rule;
    const count = names.length;
    if (args.length !== count && args.length !== count + 1) throw this.wrongCount(name, names, args.length);
    const signal = signalOf(args[count]);
    if (signal === null) throw this.wrongCount(name, names, args.length);
    // The call options stand at the position of the last data argument, so this argument is missing.
    if (args.length === count && signalOf(args[count - 1])) throw this.wrongCount(name, names, count - 1);
    try {
      return { data: plainCopies(args.slice(0, count), names), signal };
    } catch (error) {
      throw error instanceof NotPlain ? this.notPlain('PLUGIN_WRONG_ARGUMENTS', name, error) : error;
    }
  }

  /**
   * Makes a checked call without a deadline.
   * @param data the result of {@link take}
   * @throws the errors of {@link answerOf} and {@link failureOf}
   */
  async call(name: string, data: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    let answer: unknown;
    try {
      answer = await this.instance.call(name, data, signal, CallTrace.current());
    } catch (error) {
      throw this.failureOf(name, error);
    }
    return await this.answerOf(name, answer);
  }

  /**
   * @returns the answer for the caller, or a promise of it if the schema is asynchronous
   * @throws PluginError PLUGIN_WRONG_ANSWER
   */
  answerOf(name: string, answer: unknown): unknown {
    try {
      const checked = this.method(name).check(answer);
      return checked instanceof Promise ? checked.catch((error: unknown) => this.refuse(name, error)) : checked;
    } catch (error) {
      return this.refuse(name, error);
    }
  }

  /**
   * @param error the rejection of {@link PluginInstance.call}
   * @returns a DomainError with masked secrets if the contract declares the code; an existing PluginError unchanged; else
   * PluginError PLUGIN_CALL_FAILED or PLUGIN_WRONG_ANSWER
   */
  failureOf(name: string, error: unknown): Error {
    // Created by the host: the call did not reach the plugin, or the guest has ended.
    if (error instanceof PluginError) return error;
    if (error instanceof NotPlain) return this.notPlain('PLUGIN_WRONG_ANSWER', name, error);
    const declared = this.method(name).rule.errors ?? [];
    if (error instanceof Rejection && error.code !== undefined && declared.includes(error.code)) {
      return new DomainError(this.masked(error.parts));
    }
    const reason = this.options.mask(withCode(error));
    return this.error('PLUGIN_CALL_FAILED', {
      found: `a failed call of ${name}() (${reason})`,
      wanted: declared.length === 0 ? 'an answer' : `an answer, or a rejection with the code ${declared.join(' or ')}`,
      fix: 'see the log of the plugin',
      cause: withoutSecrets(error, this.options.mask),
    });
  }

  /** @returns PluginError PLUGIN_CALL_TIMEOUT */
  timeoutError(name: string, timeoutMs: number): PluginError {
    return this.error('PLUGIN_CALL_TIMEOUT', {
      found: `no answer from ${name}()`,
      wanted: `an answer within ${timeoutMs} ms`,
      fix: `check its back end, or raise ${this.options.callTimeoutSetting}; the work may still have been done`,
    });
  }

  private method(name: string): Method {
    const method = this.methods.get(name);
    if (method === undefined) throw new TypeError(`the instance has no method ${name}()`);
    return method;
  }

  private refuse(method: string, error: unknown): never {
    throw error instanceof WrongAnswer ? this.wrongAnswer(method, error.message) : error;
  }

  private masked(parts: RejectionParts): RejectionParts {
    const { mask } = this.options;
    return mask === NOTHING_TO_MASK ? parts : (plainCopy(parts, 'error', mask) as RejectionParts);
  }

  private wrongCount(method: string, names: readonly string[], count: number): PluginError {
    const data = names.length === 0 ? 'no data arguments' : `the data arguments ${names.join(', ')}`;
    return this.error('PLUGIN_WRONG_ARGUMENTS', {
      found: `${count} ${count === 1 ? 'argument' : 'arguments'} in a call of ${method}()`,
      wanted: `${data} and optional call options { signal }`,
      fix: 'correct the caller',
    });
  }

  private notPlain(
    code: 'PLUGIN_WRONG_ARGUMENTS' | 'PLUGIN_WRONG_ANSWER',
    method: string,
    error: NotPlain,
  ): PluginError {
    // A member name or the message of a getter may contain a secret.
    const found = this.options.mask(`${error.found} at ${method}: ${error.place}`);
    return this.error(code, { found, wanted: 'plain data', fix: error.fix });
  }

  private wrongAnswer(method: string, how: string): PluginError {
    return this.error('PLUGIN_WRONG_ANSWER', {
      found: `a wrong answer from ${method}()${how === '' ? '' : ` (${this.options.mask(onOneLine(how))})`}`,
      wanted: 'an answer that matches the contract',
      fix: 'correct the plugin',
    });
  }

  private error(
    code: PluginError['code'],
    parts: { readonly found: string; readonly wanted: string; readonly fix: string; readonly cause?: unknown },
  ): PluginError {
    return new PluginError(code, { path: this.options.path, ...parts });
  }
}

/** @returns null if the value is not call options, so that no data is lost in their place */
function signalOf(options: unknown): AbortSignal | undefined | null {
  if (options === undefined) return undefined;
  if (typeof options !== 'object' || options === null) return null;
  try {
    if (!('signal' in options)) return isEmpty(options) ? undefined : null;
    const { signal } = options;
    return signal === undefined || isSignal(signal) ? signal : null;
  } catch {
    return null;
  }
}

function isEmpty(options: object): boolean {
  return isPlainPrototype(Object.getPrototypeOf(options)) && Reflect.ownKeys(options).length === 0;
}

function isSignal(signal: unknown): signal is AbortSignal {
  if (typeof signal !== 'object' || signal === null) return false;
  const { throwIfAborted, addEventListener, removeEventListener } = signal as Record<string, unknown>;
  return [throwIfAborted, addEventListener, removeEventListener].every((method) => typeof method === 'function');
}

/** The message, prefixed with the error's code unless it contains the code. */
function withCode(error: unknown): string {
  const reason = plainReasonOf(error);
  const code = codeOf(error);
  return typeof code !== 'string' || reason.includes(code) ? reason : `${code}: ${reason}`;
}
