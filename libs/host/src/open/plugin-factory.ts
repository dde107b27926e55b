// Steps 6 and 7, factory and shape: call the factory and check the methods of the instance.
import { types } from 'node:util';
import type { PluginContext, PluginFactory, PluginLogger } from '@pluggable/contract';
import type { ContractShape } from './contract-shape.js';
import { memberOf } from '../calls/plugin-instance.js';
import { PluginError, reasonOf } from '../plugin.error.js';
import { withoutSecrets } from '../log/masked-error.js';
import { type Mask } from '../log/secrets.js';
import type { SettingNames } from '../plugin-options.js';
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
  { path, mask, contract }: { path: string; mask: Mask; contract: ContractShape },
): Promise<unknown> {
  const failed = (code: 'PLUGIN_FACTORY_THREW' | 'PLUGIN_FACTORY_REJECTED', how: string, cause: unknown) =>
    new PluginError(code, {
      path,
      found: `a factory that ${how} (${mask(reasonOf(cause))})`,
      wanted: 'an instance',
      fix: 'check what the factory needs',
      cause: withoutSecrets(cause, mask),
    });

  let returned: unknown;
  try {
    returned = factory(log, context);
  } catch (error) {
    throw failed('PLUGIN_FACTORY_THREW', 'threw', error);
  }
  if (isThenableInstance(returned, contract)) {
    const found = 'an instance with a method then(), which makes it a promise that never settles';
    throw wrongShape(found, contract, path);
  }
  try {
    return await returned;
  } catch (error) {
    throw failed('PLUGIN_FACTORY_REJECTED', 'rejected', error);
  }
}

/** A factory may return a promise of any library. An object with `then` and all methods of the contract is an instance. */
function isThenableInstance(returned: unknown, contract: ContractShape): boolean {
  if (types.isPromise(returned) || !isObject(returned) || typeOfMember(returned, 'then') !== 'function') return false;
  return requiredMethods(contract).every((name) => typeOfMember(returned, name) === 'function');
}

const LIFECYCLE = [
  ['ping', { optional: true }],
  ['close', { optional: true }],
] as const;

/**
 * Returns the methods that the instance has: of the contract, and `ping` and `close`.
 * @throws PluginError PLUGIN_WRONG_SHAPE, which lists all missing methods
 */
export function methodsOf(instance: unknown, contract: ContractShape, path: string): ReadonlySet<string> {
  if (typeof instance !== 'object' || instance === null) {
    const found = `a factory that returned ${instance === null ? 'null' : `a value of type ${typeof instance}`}`;
    throw wrongShape(found, contract, path);
  }
  const methods = new Set<string>();
  const missing: string[] = [];
  for (const [name, { optional }] of [...Object.entries(contract.methods), ...LIFECYCLE]) {
    const type = typeOfMember(instance, name);
    if (type === 'function') methods.add(name);
    else if (optional !== true || type !== 'undefined') missing.push(name);
  }
  if (missing.length > 0) {
    const found = `an instance without the method${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`;
    throw wrongShape(found, contract, path);
  }
  return methods;
}

function wrongShape(found: string, contract: ContractShape, path: string): PluginError {
  const methods = requiredMethods(contract).map((name) => `${name}()`);
  return new PluginError('PLUGIN_WRONG_SHAPE', {
    path,
    found,
    wanted: `an object with ${methods.join(' and ')}, as in version ${contract.version} of the ${contract.kind} contract`,
    fix: 'correct the return value of the factory',
  });
}

function requiredMethods({ methods }: ContractShape): string[] {
  return Object.entries(methods)
    .filter(([, rule]) => rule.optional !== true)
    .map(([name]) => name);
}

function typeOfMember(instance: object, name: string): string {
  try {
    return typeof memberOf(instance, name);
  } catch {
    return 'a getter that throws';
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
