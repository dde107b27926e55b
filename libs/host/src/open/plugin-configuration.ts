// Step 5, configuration: the variables that the manifest names, validated by the plugin's schema before its factory runs.
import type { SchemaIssue } from '@pluggable/contract';
import { PluginError, reasonOf } from '../plugin.error.js';
import type { FilledManifest } from './plugin-manifest.js';
import type { FilledPluginOptions } from '../plugin-options.js';
import { withoutSecrets } from '../log/masked-error.js';
import { type Mask, MASKED, maskOf } from '../log/secrets.js';

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface PluginConfiguration {
  /** Output of the schema, for the factory. */
  readonly value: unknown;
  /** The variables as they were set; the values of secrets are masked. */
  readonly shown: Readonly<Record<string, string>>;
  readonly mask: Mask;
}

/** An empty variable counts as not set. */
export async function configurePlugin(
  path: string,
  { config, env: names, secrets }: Pick<FilledManifest, 'config' | 'env' | 'secrets'>,
  env: Environment,
): Promise<PluginConfiguration> {
  const variables = variablesOf({ env: names, secrets }, env);
  const mask = maskOfVariables(secrets, variables);
  const shown = shownVariables(variables, secrets, mask);

  if (config === undefined) return { value: variables, shown, mask };
  const invalid = (problems: string, cause?: unknown) =>
    new PluginError('PLUGIN_CONFIG_INVALID', {
      path,
      found: `an invalid configuration (${mask(problems)})`,
      wanted: 'variables that the schema of the plugin accepts',
      fix: 'correct these variables',
      cause: withoutSecrets(cause, mask),
    });

  let problems: string | undefined;
  let value: unknown;
  try {
    const result = await config['~standard'].validate(variables);
    if (result.issues === undefined) ({ value } = result);
    else problems = result.issues.map((issue) => describe(issue, shown)).join('; ');
  } catch (error) {
    throw invalid(`its schema threw: ${reasonOf(error)}`, error);
  }
  if (problems !== undefined) throw invalid(problems);
  return { value, shown, mask };
}

/** The variables of the manifest that are set to a non-empty string. */
export function variablesOf(
  { env: names, secrets }: Pick<FilledManifest, 'env' | 'secrets'>,
  env: Environment,
): Record<string, string> {
  return Object.fromEntries(
    [...names, ...secrets].flatMap((name): [string, string][] => {
      const value = variableOf(env, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

export function maskOfVariables(secrets: readonly string[], variables: Environment): Mask {
  return maskOf(secrets.map((name) => variableOf(variables, name)).filter((value) => value !== undefined));
}

/** Reads an own property: a name such as `constructor` also exists on the prototype. */
function variableOf(variables: Environment, name: string): string | undefined {
  const value: unknown = Object.hasOwn(variables, name) ? variables[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * The part of the host's environment that the plugin may read. A reserved variable is refused and not omitted, so that no plugin
 * runs with an incomplete configuration.
 * @throws PluginError PLUGIN_VARIABLE_RESERVED
 */
export function environmentOf(
  path: string,
  manifest: Pick<FilledManifest, 'env' | 'secrets'>,
  { env, reservedVariables }: Pick<FilledPluginOptions, 'env' | 'reservedVariables'>,
): Record<string, string> {
  const reserved = new Set(reservedVariables.map(comparable));
  for (const list of ['env', 'secrets'] as const) {
    const name = manifest[list].find((one) => reserved.has(comparable(one)));
    if (name === undefined) continue;
    throw new PluginError('PLUGIN_VARIABLE_RESERVED', {
      path,
      found: `the variable ${name} in ${list} of its manifest`,
      wanted: 'only variables that the application does not reserve',
      fix: 'rename the variable in the plugin',
    });
  }
  return variablesOf(manifest, env);
}

/** Variable names are case-insensitive on Windows. */
function comparable(name: string): string {
  return process.platform === 'win32' ? name.toUpperCase() : name;
}

/** The variables with the values of secrets masked. */
export function shownVariables(
  variables: Readonly<Record<string, string>>,
  secrets: readonly string[],
  mask: Mask,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, secrets.includes(name) ? MASKED : mask(value)]),
  );
}

function describe({ path = [], message }: SchemaIssue, shown: Readonly<Record<string, string>>): string {
  const name = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
  if (name === '') return message;
  const value = variableOf(shown, name);
  if (value === undefined) return `${name} is not set: ${message}`;
  return `${name} is ${value === MASKED ? MASKED : JSON.stringify(value)}: ${message}`;
}
