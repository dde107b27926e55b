// The application's contract and the older ones that it accepts, as plain data.
import type { Contract, MethodRule } from '@pluggable/contract';
import { LONGEST_TIMER_MS } from '../plugin-options.js';

/** A contract without the parts that only the host needs, so that it can cross a thread or a process. */
export interface ContractShape {
  readonly kind: string;
  readonly version: number;
  readonly methods: Readonly<Record<string, MethodRule>>;
}

/** The application's contract, followed by the older ones that it accepts. */
export type ContractShapes = readonly [own: ContractShape, ...older: ContractShape[]];

/** Lifecycle methods, and `then`, which would make an instance a promise. */
const RESERVED = ['ping', 'close', 'then'];

/** @throws TypeError when the description is invalid: plain JavaScript has no compiler to reject it */
export function shapesOf(contract: Contract<object>): ContractShapes {
  const own = shapeOf(contract);
  const older = acceptedBy(contract, own).map(shapeOf);
  const versions = new Set([own, ...older].map(({ version }) => version));
  const other = older.find(({ kind }) => kind !== own.kind);
  if (other !== undefined)
    throw wrong(own, `accepts the kind ${JSON.stringify(other.kind)}`, 'older versions of its own kind');
  if (versions.size <= older.length) throw wrong(own, 'accepts a version twice, or its own', 'each older version once');
  return [own, ...older];
}

function acceptedBy({ accepts }: Contract<object>, own: ContractShape): readonly Contract<object>[] {
  if (accepts === undefined) return [];
  if (!Array.isArray(accepts) || !accepts.every(isAdapter)) {
    throw wrong(own, 'accepts something that is not an adapter', 'a list of results of adapter()');
  }
  return accepts.map(({ from }) => from);
}

function isAdapter(entry: unknown): boolean {
  return isObject(entry) && isObject(entry['from']) && typeof entry['adapt'] === 'function';
}

function shapeOf({ kind, version, methods, output = {} }: Contract<object>): ContractShape {
  if (typeof kind !== 'string' || kind === '') throw new TypeError('the contract has no kind; wanted a name');
  if (!Number.isSafeInteger(version) || version < 1) {
    throw wrong({ kind }, `has the version ${String(version)}`, 'a whole number, at least 1');
  }
  if (!isObject(methods)) throw wrong({ kind }, 'has no methods', 'an object with their descriptions');
  const rules = Object.entries(methods).map(([name, rule]) => [name, ruleOf(kind, name, rule)] as const);
  refuseWrongChecks(kind, methods, output);
  return { kind, version, methods: Object.fromEntries(rules) };
}

function ruleOf(kind: string, name: string, rule: MethodRule): MethodRule {
  if (RESERVED.includes(name))
    throw wrong({ kind }, `describes ${name}()`, `methods with names other than ${RESERVED.join(', ')}`);
  if (!isObject(rule)) throw wrong({ kind }, `has no description of ${name}()`, 'an object with its args');
  const { args, timeoutMs, errors, optional } = rule;
  if (!isListOfNames(args)) throw wrong({ kind }, `has no args for ${name}()`, 'the names of its data arguments');
  if (errors !== undefined && !isListOfNames(errors))
    throw wrong({ kind }, `has wrong errors for ${name}()`, 'a list of codes');
  if (timeoutMs !== undefined && !isTimeout(timeoutMs)) {
    throw wrong(
      { kind },
      `has ${String(timeoutMs)} as timeoutMs of ${name}()`,
      `a whole number of milliseconds, from 1 to ${LONGEST_TIMER_MS}`,
    );
  }
  return { args: [...args], ...(errors && { errors: [...errors] }), ...(optional === true && { optional }) };
}

/** A misspelt check would leave the answers of its method unchecked. */
function refuseWrongChecks(kind: string, methods: object, output: unknown): void {
  if (!isObject(output)) throw wrong({ kind }, 'has a wrong output', 'an object of checks');
  for (const [name, check] of Object.entries(output)) {
    if (!Object.hasOwn(methods, name))
      throw wrong({ kind }, `checks the answers of the unknown method ${name}()`, 'checks of methods that it has');
    if (check === undefined || typeof check === 'function' || (isObject(check) && '~standard' in check)) continue;
    throw wrong({ kind }, `has a wrong check of the answers of ${name}()`, 'a predicate or a Standard Schema');
  }
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function isTimeout(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= LONGEST_TIMER_MS;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function wrong({ kind }: { readonly kind: string }, found: string, wanted: string): TypeError {
  return new TypeError(`the ${kind} contract ${found}; wanted ${wanted}`);
}

/** Whether a plugin with these methods implements the contract. */
export function matchesContract(methods: ReadonlySet<string>, contract: ContractShape): boolean {
  const isKnown = (name: string): boolean =>
    Object.hasOwn(contract.methods, name) || name === 'ping' || name === 'close';
  const rules = Object.entries(contract.methods);
  return [...methods].every(isKnown) && rules.every(([name, { optional }]) => optional === true || methods.has(name));
}
