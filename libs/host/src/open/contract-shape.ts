// What a plugin is compared with: the contract of the application and the older ones that it accepts, as plain data.
import type { Contract, MethodRule } from '@pluggable/contract';

/** A contract without what only the host needs. It crosses a thread or a process. */
export interface ContractShape {
  readonly kind: string;
  readonly version: number;
  readonly methods: Readonly<Record<string, MethodRule>>;
}

/** The contract of the application first, then the older ones, of which there may be none. */
export type ContractShapes = readonly [own: ContractShape, ...older: ContractShape[]];

/** Names that have a meaning to every host, or would make an instance a promise. */
const RESERVED = ['ping', 'close', 'then'];

/** @throws TypeError when the description is wrong: plain JavaScript has no compiler that says so */
export function shapesOf(contract: Contract<object>): ContractShapes {
  const older = (contract.accepts ?? []).map(({ from }) => shapeOf(from));
  const own = shapeOf(contract);
  const versions = new Set([own, ...older].map(({ version }) => version));
  const other = older.find(({ kind }) => kind !== own.kind);
  if (other !== undefined)
    throw wrong(own, `accepts the kind ${JSON.stringify(other.kind)}`, 'older versions of its own');
  if (versions.size <= older.length) throw wrong(own, 'accepts a version twice, or its own', 'each older one once');
  return [own, ...older];
}

function shapeOf({ kind, version, methods }: Contract<object>): ContractShape {
  if (kind === '') throw wrong({ kind: 'nameless' }, 'has no kind', 'a name');
  if (!Number.isSafeInteger(version) || version < 1) {
    throw wrong({ kind }, `has the version ${version}`, 'a whole number, at least 1');
  }
  const rules = Object.entries(methods).map(([name, rule]) => [name, ruleOf(kind, name, rule)] as const);
  return { kind, version, methods: Object.fromEntries(rules) };
}

function ruleOf(kind: string, name: string, { args, timeoutMs, errors, optional }: MethodRule): MethodRule {
  if (RESERVED.includes(name))
    throw wrong({ kind }, `describes ${name}()`, `methods of other names than ${RESERVED.join(', ')}`);
  if (!isListOfNames(args)) throw wrong({ kind }, `has no args for ${name}()`, 'the names of its data arguments');
  if (errors !== undefined && !isListOfNames(errors))
    throw wrong({ kind }, `has wrong errors for ${name}()`, 'a list of codes');
  if (timeoutMs !== undefined && !(Number.isSafeInteger(timeoutMs) && timeoutMs >= 1)) {
    throw wrong({ kind }, `has ${timeoutMs} as timeoutMs of ${name}()`, 'a whole number of milliseconds, at least 1');
  }
  return { args, ...(errors && { errors }), ...(optional === true && { optional }) };
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function wrong({ kind }: { readonly kind: string }, found: string, wanted: string): TypeError {
  return new TypeError(`the ${kind} contract ${found}; wanted ${wanted}`);
}
