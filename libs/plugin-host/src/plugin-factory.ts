// Steps 5 and 6: call the factory, and check that what it returns keeps the contract.
import type { Contract, PluginContext, PluginFactory, PluginLogger } from '@pluggable/plugin-contract';
import { PluginError, reasonOf } from './plugin.error.js';
import { type Mask, withoutSecrets } from './secrets.js';
import type { SettingNames } from './plugin-options.js';
import type { PluginModule } from './plugin-module.js';

/** A class cannot be called without `new`. */
const CLASS = /^class\b/;

export function findFactory(
  module: PluginModule,
  name: string,
  { path, settingNames }: { path: string; settingNames: SettingNames },
): PluginFactory<object> {
  const wanted = `a function named "${name}"`;
  if (!module.has(name)) {
    const { names } = module;
    throw new PluginError('PLUGIN_NO_FACTORY', {
      path,
      found: names.length === 0 ? 'no exports' : `the exports ${names.join(', ')}`,
      wanted,
      fix: `export it, or set ${settingNames.factoryName}`,
    });
  }
  const factory = module.get(name);
  if (typeof factory !== 'function') {
    throw new PluginError('PLUGIN_FACTORY_NOT_A_FUNCTION', {
      path,
      found: `an export "${name}" of type ${typeof factory}`,
      wanted,
      fix: `export a function, or set ${settingNames.factoryName}`,
    });
  }
  if (CLASS.test(Function.prototype.toString.call(factory))) {
    throw new PluginError('PLUGIN_FACTORY_NOT_A_FUNCTION', {
      path,
      found: `a class named "${name}"`,
      wanted,
      fix: 'export a function that makes an instance of the class',
    });
  }
  return factory as PluginFactory<object>;
}

export async function callFactory(
  factory: PluginFactory<object>,
  log: PluginLogger,
  context: PluginContext,
  { path, mask }: { path: string; mask: Mask },
): Promise<unknown> {
  const failed = (code: 'PLUGIN_FACTORY_THREW' | 'PLUGIN_FACTORY_REJECTED', how: string, cause: unknown) =>
    new PluginError(code, {
      path,
      found: `a factory that ${how} (${mask(reasonOf(cause))})`,
      wanted: 'an instance',
      fix: 'see what the plugin needs to start',
      cause: withoutSecrets(cause, mask),
    });

  let returned: unknown;
  try {
    returned = factory(log, context);
  } catch (error) {
    throw failed('PLUGIN_FACTORY_THREW', 'threw', error);
  }
  try {
    return await returned;
  } catch (error) {
    throw failed('PLUGIN_FACTORY_REJECTED', 'rejected', error);
  }
}

/**
 * The methods of the contract that an instance has.
 * @throws PluginError PLUGIN_WRONG_SHAPE with all that are missing, in one list
 */
export function methodsOf(
  instance: unknown,
  contract: Pick<Contract<object>, 'kind' | 'version' | 'methods'>,
  path: string,
): ReadonlySet<string> {
  const wrongShape = (found: string) =>
    new PluginError('PLUGIN_WRONG_SHAPE', {
      path,
      found,
      wanted: `an object with ${requiredMethods(contract)}, as version ${contract.version} of the ${contract.kind} contract has it`,
      fix: 'correct what the factory returns',
    });

  if (typeof instance !== 'object' || instance === null) {
    throw wrongShape(`a factory that returned ${instance === null ? 'null' : `a value of type ${typeof instance}`}`);
  }
  const methods = new Set<string>();
  const missing: string[] = [];
  for (const [name, rule] of Object.entries<{ readonly optional?: boolean }>(contract.methods)) {
    const type = typeOfMember(instance, name);
    if (type === 'function') methods.add(name);
    else if (rule.optional !== true || type !== 'undefined') missing.push(name);
  }
  if (missing.length > 0) {
    throw wrongShape(`an instance without the method${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`);
  }
  return methods;
}

function requiredMethods({ methods }: Pick<Contract<object>, 'methods'>): string {
  return Object.entries<{ readonly optional?: boolean }>(methods)
    .filter(([, rule]) => rule.optional !== true)
    .map(([name]) => `${name}()`)
    .join(' and ');
}

function typeOfMember(instance: object, name: string): string {
  try {
    return typeof Reflect.get(instance, name);
  } catch {
    return 'a getter that throws';
  }
}
