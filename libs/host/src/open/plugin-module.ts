// Step 3, execute: import the bytes of the file and read the exports.
import { extname } from 'node:path';
import { codeOf, isError } from '../foreign-error.js';
import { importSource } from './module-hooks.js';
import { deniedPermission } from '../permissions.js';
import { isPluginError, PluginError, type PluginErrorParts, plainReasonOf, reasonOf } from '../plugin.error.js';
import type { PluginSource } from './plugin-source.js';

/** V8 reports an import of a missing export as a SyntaxError. */
const LINK_ERROR = /does not provide an export named/;
/** Messages of V8 for ES module syntax in CommonJS. */
const MODULE_SYNTAX =
  /^(Cannot use import statement outside a module|Unexpected token 'export'|Cannot use 'import\.meta' outside a module)/;

/** The exports of a plugin's module: ESM, CommonJS, or CommonJS compiled from ESM (with a nested `default`). */
export class PluginModule {
  private readonly levels: readonly object[];

  constructor(namespace: object) {
    const levels: object[] = [namespace];
    for (let level: unknown = namespace; isObject(level) && levels.length < 3;) {
      level = own(level, 'default');
      if (isObject(level)) levels.push(level);
    }
    this.levels = levels;
  }

  has(name: string): boolean {
    return this.levels.some((level) => Object.hasOwn(level, name));
  }

  get(name: string): unknown {
    const values = this.levels.filter((level) => Object.hasOwn(level, name)).map((level) => own(level, name));
    // `default` is at every level of CommonJS that was compiled from ESM.
    return values.find((value) => typeof value === 'function') ?? values[0];
  }

  /** Names of the exports that could be the factory. */
  get names(): string[] {
    // Node adds 'module.exports' to the exports of a CommonJS module.
    const names = this.levels.flatMap((level) => (typeof level === 'function' ? ['default'] : Object.keys(level)));
    const isFactoryName = (name: string): boolean =>
      name === 'default' ? typeof this.get(name) === 'function' : name !== 'module.exports' && name !== '__esModule';
    return [...new Set(names)].filter(isFactoryName);
  }
}

/**
 * @param signal aborted when the start is given up
 * @throws PluginError PLUGIN_NOT_LOADABLE, PLUGIN_NOT_ONE_FILE
 */
export async function importPlugin(source: PluginSource, signal?: AbortSignal): Promise<PluginModule> {
  try {
    const { plugin } = await importSource(source, signal);
    refuseThenable(source.path, plugin);
    return new PluginModule(plugin);
  } catch (error) {
    if (isPluginError(error)) throw error;
    throw new PluginError('PLUGIN_NOT_LOADABLE', {
      path: source.path,
      ...describeLoadError(error, source),
      cause: error,
    });
  }
}

function refuseThenable(path: string, namespace: object): void {
  if (typeof Reflect.get(namespace, 'then') !== 'function') return;
  throw new PluginError('PLUGIN_NOT_LOADABLE', {
    path,
    found: 'an export named "then", which makes its module a promise that never settles',
    wanted: 'a module that can be imported',
    fix: 'rename that export',
  });
}

type LoadErrorParts = Pick<PluginErrorParts, 'found' | 'wanted' | 'fix'>;

function describeLoadError(error: unknown, source: PluginSource): LoadErrorParts {
  const denied = deniedPermission(error);
  if (denied !== undefined) {
    // An isolated plugin is imported without permissions first, because its manifest names them.
    return {
      found: `a denied access during the import of its module (${plainReasonOf(error)})`,
      wanted: 'one self-contained file whose module needs no permission',
      fix: `move the access into the factory and name "${denied}" in the permissions of the manifest; bundle what the file imports`,
    };
  }
  const isSyntaxError = isError(error) && error.name === 'SyntaxError';
  if (isSyntaxError && !LINK_ERROR.test(error.message)) return describeSyntaxError(error, source);
  if (isSyntaxError || ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(String(codeOf(error)))) {
    return {
      found: `an import that cannot be resolved (${reasonOf(error)})`,
      wanted: 'one self-contained file that imports only node: modules',
      fix: 'bundle its dependencies into the file',
    };
  }
  return {
    found: `an error while running its module (${reasonOf(error)}${lineIn(error, source)})`,
    wanted: 'a module that runs without an error',
    fix: 'check the top-level code of the module',
  };
}

/** The first line of the plugin in the stack of the error, such as `, line 12`. */
function lineIn(error: unknown, { url, path }: PluginSource): string {
  const stack = isError(error) ? String(error.stack) : '';
  const [, afterFile = ''] = stack.split(stack.includes(url) ? url : path);
  const [, line] = /^(?:\?[^\s:]*)?:(\d+)/.exec(afterFile) ?? [];
  return line === undefined ? '' : `, line ${line}`;
}

function describeSyntaxError(error: Error, { url, format }: PluginSource): LoadErrorParts {
  if (format === 'commonjs' && MODULE_SYNTAX.test(error.message)) {
    // The format of a .js file without a "type" was detected from its syntax.
    const reason =
      extname(new URL(url).pathname) === '.cjs' ? 'its extension .cjs' : '"type": "commonjs" in its package.json';
    return {
      found: `ES module syntax in a file that is CommonJS because of ${reason} (${reasonOf(error)})`,
      wanted: 'one module format',
      fix: 'rename the file to .mjs',
    };
  }
  return {
    found: `a syntax error (${reasonOf(error)})`,
    wanted: 'a JavaScript module',
    fix: 'correct the file; node --check shows the position',
  };
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined;
}
