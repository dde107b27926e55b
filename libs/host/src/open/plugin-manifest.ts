// Step 4, handshake: check the manifest, and compare its kind and contract version with the application's contracts.
import { parse } from 'node:path';
import type { StandardSchema, PluginLogger, PluginManifest } from '@pluggable/contract';
import type { ContractShape, ContractShapes } from './contract-shape.js';
import { PluginError } from '../plugin.error.js';
import { isPermission, PERMISSIONS } from '../permissions.js';
import type { SettingNames } from '../plugin-options.js';

/** Longest kind, name and version, in characters. */
const LONGEST_NAME = 200;
/** Most entries of a list, and longest entry, in characters: an entry may be a path. */
const MOST_ENTRIES = 1_000;
const LONGEST_ENTRY = 5_000;
/** Longest part of a wrong value in an error, in characters. */
const LONGEST_SHOWN = 100;

/** A checked manifest with all defaults filled in. */
export interface FilledManifest {
  /** Version of the contract that the plugin implements. */
  readonly contract: number;
  readonly name: string;
  readonly version: string | undefined;
  readonly config: StandardSchema | undefined;
  readonly env: readonly string[];
  readonly secrets: readonly string[];
  readonly permissions: readonly string[];
  readonly telemetry: readonly string[];
}

export interface Handshake {
  readonly path: string;
  readonly contracts: ContractShapes;
  readonly settingNames: SettingNames;
  readonly logger: PluginLogger;
}

/**
 * @param exported the export `manifest` of the module; undefined if there is none
 * @returns the manifest, and the contract that the plugin implements: the application's, or an older one that it accepts
 * @throws PluginError PLUGIN_MANIFEST_INVALID, PLUGIN_WRONG_KIND, PLUGIN_WRONG_CONTRACT_VERSION
 */
export function checkManifest(
  exported: unknown,
  handshake: Handshake,
): { readonly manifest: FilledManifest; readonly contract: ContractShape } {
  const { path, contracts, logger } = handshake;
  const [{ kind }] = contracts;
  if (exported === undefined) {
    const name = parse(path).name;
    logger.warn(
      `[plugin/${name}] has no manifest; version 1 of the ${kind} contract and no configuration are assumed`,
      { path },
    );
    const manifest = {
      name,
      contract: 1,
      version: undefined,
      config: undefined,
      env: [],
      secrets: [],
      permissions: [],
      telemetry: [],
    };
    return { manifest, contract: contractOf({ kind, contract: 1 }, handshake) };
  }

  const { manifest, problems } = read(exported);
  if (problems.length > 0) {
    throw new PluginError('PLUGIN_MANIFEST_INVALID', {
      path,
      found: `an invalid manifest (${problems.join(', ')})`,
      wanted: 'a PluginManifest of @pluggable/contract',
      fix: 'correct the export "manifest" of the plugin',
    });
  }
  return { manifest, contract: contractOf(manifest, handshake) };
}

function contractOf(
  { kind, contract: version }: Pick<PluginManifest, 'kind' | 'contract'>,
  { path, contracts, settingNames }: Handshake,
): ContractShape {
  const [own] = contracts;
  if (kind !== own.kind) {
    throw new PluginError('PLUGIN_WRONG_KIND', {
      path,
      found: `a plugin of kind "${kind}"`,
      wanted: `a plugin of kind "${own.kind}"`,
      fix: `point ${settingNames.path} at a ${own.kind} plugin`,
    });
  }
  const contract = contracts.find((shape) => shape.version === version);
  if (contract !== undefined) return contract;
  const versions = contracts.map((shape) => String(shape.version)).join(' or ');
  throw new PluginError('PLUGIN_WRONG_CONTRACT_VERSION', {
    path,
    found: `a plugin for version ${version} of the ${kind} contract`,
    wanted: `a plugin for version ${versions}, which this application supports`,
    fix: `use a build of the plugin for version ${own.version}, or ${
      version < own.version
        ? `add an adapter from version ${version} to the contract of the application`
        : `an application that supports version ${version}`
    }`,
  });
}

type ReadManifest = FilledManifest & Pick<PluginManifest, 'kind' | 'contract'>;

/**
 * Reads each field once and keeps plain copies: a getter or a Proxy may return another value the next time, and only plain data
 * crosses a thread or a process.
 */
function read(exported: unknown): { readonly manifest: ReadManifest; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const isObject = typeof exported === 'object' && exported !== null;
  if (!isObject) problems.push(`it is ${describe(exported)}, not an object`);
  const field = (name: keyof PluginManifest): unknown => (isObject ? Reflect.get(exported, name) : undefined);
  const checked = <Value>(name: keyof PluginManifest, take: (value: unknown) => Value | Wrong, none: Value): Value => {
    const value = take(field(name));
    if (!(value instanceof Wrong)) return value;
    if (isObject) problems.push(`${name} ${value.how}`);
    return none;
  };
  const manifest = {
    kind: checked('kind', nameIn, ''),
    name: checked('name', nameIn, ''),
    version: checked('version', nameIn, ''),
    contract: checked('contract', wholeNumberIn, 0),
    env: checked('env', listIn, []),
    secrets: checked('secrets', listIn, []),
    permissions: checked('permissions', permissionsIn, []),
    telemetry: checked('telemetry', listIn, []),
    config: checked('config', schemaIn, undefined),
  };
  return { manifest: Object.freeze(manifest), problems };
}

/** The problem of a field, as a predicate such as "is missing". */
class Wrong {
  constructor(readonly how: string) {}
}

function nameIn(value: unknown): string | Wrong {
  if (typeof value !== 'string' || value === '') return new Wrong(`is ${describe(value)}`);
  if (value.length > LONGEST_NAME) return new Wrong(`has ${value.length} characters, more than ${LONGEST_NAME}`);
  return /\p{Cc}/u.test(value) ? new Wrong(`is ${describe(value)}, with a control character`) : value;
}

function wholeNumberIn(value: unknown): number | Wrong {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : new Wrong(`is ${describe(value)}`);
}

function listIn(value: unknown): readonly string[] | Wrong {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return new Wrong('is not a list of names');
  const { length } = value;
  if (length > MOST_ENTRIES) return new Wrong(`has ${length} entries, more than ${MOST_ENTRIES}`);
  const entries = Array.from({ length }, (_, index): unknown => value[index]);
  if (!entries.every((entry) => typeof entry === 'string')) return new Wrong('is not a list of names');
  const isLong = entries.some((entry) => entry.length > LONGEST_ENTRY);
  return isLong ? new Wrong(`has an entry of more than ${LONGEST_ENTRY} characters`) : Object.freeze(entries);
}

function permissionsIn(value: unknown): readonly string[] | Wrong {
  const permissions = listIn(value);
  if (permissions instanceof Wrong) return permissions;
  const unknown = permissions.find((permission) => !isPermission(permission));
  return unknown === undefined
    ? permissions
    : new Wrong(`has ${describe(unknown)}, which is not one of ${PERMISSIONS}`);
}

function schemaIn(value: unknown): StandardSchema | undefined | Wrong {
  if (value === undefined) return undefined;
  const wrong = new Wrong('is not a Standard Schema v1');
  // A schema may be a function with a property (arktype), as Standard Schema allows.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return wrong;
  const standard: unknown = Reflect.get(value, '~standard');
  if (typeof standard !== 'object' || standard === null) return wrong;
  const validate: unknown = Reflect.get(standard, 'validate');
  if (typeof validate !== 'function') return wrong;
  const call = (variables: unknown): ReturnType<Validate> => Reflect.apply(validate as Validate, standard, [variables]);
  return { '~standard': { version: 1, validate: call } };
}

type Validate = StandardSchema['~standard']['validate'];

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return `of type ${typeof value}`;
  return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value);
}
