// Step 3, handshake: does the plugin say that it keeps this contract, in this version?
import { parse } from 'node:path';
import type { ConfigSchema, PluginLogger, PluginManifest } from '@pluggable/plugin-contract';
import { PluginError } from './plugin.error.js';
import { isPermission, PERMISSIONS } from './permissions.js';
import type { SettingNames } from './plugin-options.js';

/** The manifest, complete. */
export interface FilledManifest {
  readonly name: string;
  readonly version: string | undefined;
  readonly config: ConfigSchema | undefined;
  readonly env: readonly string[];
  readonly secrets: readonly string[];
  readonly permissions: readonly string[];
}

export interface Handshake {
  readonly path: string;
  readonly kind: string;
  readonly version: number;
  readonly settingNames: SettingNames;
  readonly logger: PluginLogger;
}

/** @param exported what the module exports as `manifest`; undefined when it has none */
export function shakeHands(
  exported: unknown,
  { path, kind, version, settingNames, logger }: Handshake,
): FilledManifest {
  if (exported === undefined) {
    const name = parse(path).name;
    logger.warn(`[plugin/${name}] has no manifest; taken for contract ${kind} 1, without configuration`, { path });
    refuseOther({ kind, contract: 1 }, { path, kind, version, settingNames });
    return { name, version: undefined, config: undefined, env: [], secrets: [], permissions: [] };
  }

  const problems = problemsOf(exported);
  if (problems.length > 0) {
    throw new PluginError('PLUGIN_MANIFEST_INVALID', {
      path,
      found: `a manifest in which ${problems.join(', ')}`,
      wanted: 'a manifest as plugin-contract defines it',
      fix: 'correct the export "manifest" of the plugin',
    });
  }
  const manifest = exported as PluginManifest;
  refuseOther(manifest, { path, kind, version, settingNames });
  return {
    name: manifest.name,
    version: manifest.version,
    config: manifest.config,
    env: manifest.env ?? [],
    secrets: manifest.secrets ?? [],
    permissions: manifest.permissions ?? [],
  };
}

function refuseOther(
  manifest: Pick<PluginManifest, 'kind' | 'contract'>,
  { path, kind, version, settingNames }: Omit<Handshake, 'logger'>,
): void {
  if (manifest.kind !== kind) {
    throw new PluginError('PLUGIN_WRONG_KIND', {
      path,
      found: `a plugin of kind "${manifest.kind}"`,
      wanted: `one of kind "${kind}"`,
      fix: `point ${settingNames.path} at a ${kind} plugin`,
    });
  }
  if (manifest.contract !== version) {
    throw new PluginError('PLUGIN_WRONG_CONTRACT_VERSION', {
      path,
      found: `a plugin for version ${manifest.contract} of the ${kind} contract`,
      wanted: `one for version ${version}, which this application has`,
      fix: `use a build of the plugin for version ${version}, or an application that has version ${manifest.contract}`,
    });
  }
}

function problemsOf(manifest: unknown): string[] {
  if (typeof manifest !== 'object' || manifest === null) return [`there is no object but ${describe(manifest)}`];
  const field = (name: keyof PluginManifest): unknown => Reflect.get(manifest, name);
  const problems: string[] = [];
  for (const name of ['kind', 'name', 'version'] as const) {
    if (typeof field(name) !== 'string' || field(name) === '') problems.push(`${name} is ${describe(field(name))}`);
  }
  if (!Number.isSafeInteger(field('contract'))) problems.push(`contract is ${describe(field('contract'))}`);
  for (const name of ['env', 'secrets', 'permissions'] as const) {
    const list = field(name);
    if (list !== undefined && !isListOfStrings(list)) {
      problems.push(`${name} is not a list of names`);
    }
  }
  const unknown = strings(field('permissions')).find((permission) => !isPermission(permission));
  if (unknown !== undefined)
    problems.push(`permissions has ${JSON.stringify(unknown)}, which is none of ${PERMISSIONS}`);
  const config = field('config');
  if (config !== undefined && !isSchema(config)) problems.push('config is not a Standard Schema v1');
  return problems;
}

function isListOfStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function strings(value: unknown): string[] {
  return isListOfStrings(value) ? value : [];
}

function isSchema(value: unknown): value is ConfigSchema {
  // A schema may be a function with a property (arktype), as Standard Schema allows.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard: unknown = Reflect.get(value, '~standard');
  return typeof standard === 'object' && standard !== null && 'validate' in standard;
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : `of type ${typeof value}`;
}
