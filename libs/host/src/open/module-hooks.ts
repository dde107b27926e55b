// Module hooks: Node runs the bytes that the host has read, and a pinned plugin loads no other file.
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';
import { importFile, loaderWithoutHooks } from './foreign-loader.js';
import { notOneFile, otherHook } from './module-errors.js';
import type { PluginSource } from './plugin-source.js';
import { isRequireBrokenByHooks } from './supported-node.js';

/** Captured, because a plugin can replace the exports of `node:module`. */
const { createRequire, isBuiltin, registerHooks } = module;

const REQUIRE_BREAKS = isRequireBrokenByHooks();

/** The namespace of a plugin's module. Wrapped, because a promise of a namespace with an export `then` never settles. */
export interface PluginExports {
  readonly plugin: object;
}

/** One evaluation of a plugin's module and its imports. */
interface Evaluation {
  readonly exports: Promise<PluginExports>;
  /** URLs under which this evaluation imported the plugin itself. */
  readonly urls: Set<string>;
  /** URLs of other files that Node loaded first for this evaluation. */
  readonly loaded: Set<string>;
}

/** The module of a plugin, or of a file that a plugin imports. */
interface Member extends Pick<Evaluation, 'loaded'> {
  /** The URL without the query that makes Node load the file again. */
  readonly url: string;
}

// This state exists once per thread, like Node's own module maps. Node never unloads an ES module.
/** Evaluations that succeeded or are running, by file, bytes and pin. */
const evaluations = new Map<string, Evaluation>();
/** The source that the hooks serve for each URL. */
const sources = new Map<string, PluginSource>();
/** URLs that Node has loaded from `sources`. */
const served = new Set<string>();
const members = new Map<string, Member>();
/** Number of imports of each plugin's file, by URL. */
const imports = new Map<string, number>();
/** Number of failed evaluations that loaded a file, by the URL of that file. */
const failures = new Map<string, number>();
/** Paths of all files that were pinned at some time, by URL. */
const pinnedPaths = new Map<string, string>();
let onlyPath: string | undefined;
let hooks: module.ModuleHooks | undefined;
let loadHook: module.ModuleHooks | undefined;
/** URLs of plugins that Node is about to load. */
const expected = new Set<string>();
/** The reason why there are no hooks. */
let hooksError: unknown;
let reimportCount = 0;

/**
 * Number of modules that this thread has loaded again, because the file has changed or its evaluation had failed. The earlier
 * modules stay in memory: Node cannot unload an ES module.
 */
export function reimports(): number {
  return reimportCount;
}

/** Whether the hooks serve plugins. If not, the loader of a test runner reads the files itself. */
export function hasHooks(): boolean {
  return hooks !== undefined;
}

/**
 * Blocks all further files for all modules of this thread. Only `node:` modules and the sources of {@link importSource} load.
 *
 * @param path of the plugin, for the error
 */
export function refuseFiles(path: string): void {
  if (!installHooks()) throw loaderWithoutHooks(path, hooksError);
  onlyPath = path;
}

/** @returns false if `node:module` has no hooks: Jest replaces this module, and has a module loader of its own */
function installHooks(): boolean {
  try {
    hooks ??= registerHooks({ resolve });
    return true;
  } catch (error) {
    hooksError = error;
    return false;
  }
}

/**
 * Registers the load hook. It stays, except where Node cannot `require` an ES module from CommonJS that passed a load hook
 * (`isRequireBrokenByHooks`): there it goes when the plugin has been loaded, and files that a failed plugin has imported do not run
 * again.
 */
function expectLoad(url: string): void {
  expected.add(url);
  loadHook ??= registerHooks({ load });
}

function endLoad(url: string): void {
  if (!expected.delete(url) || expected.size > 0 || !REQUIRE_BREAKS) return;
  loadHook?.deregister();
  loadHook = undefined;
}

/**
 * Imports the bytes. Equal bytes of a file are evaluated once without a pin and once with a pin, because a pin also checks the
 * imports. An evaluation that failed, or that was running when the caller gave up, runs again next time.
 *
 * @param signal aborted when the caller gives up
 * @throws the error of the evaluation; PluginError PLUGIN_NOT_ONE_FILE, PLUGIN_NOT_LOADABLE, PLUGIN_RUNTIME_UNSUPPORTED
 */
export async function importSource(source: PluginSource, signal?: AbortSignal): Promise<PluginExports> {
  signal?.throwIfAborted();
  if (!installHooks()) return await importFile(source, hooksError);
  const key = `${source.url} ${source.hash} ${source.isPinned}`;
  const evaluation = evaluations.get(key) ?? evaluate(source);
  evaluations.set(key, evaluation);
  const forget = (): void => {
    if (evaluations.get(key) !== evaluation) return;
    evaluations.delete(key);
    for (const url of evaluation.urls) if (served.has(url)) sources.delete(url);
    for (const url of evaluation.loaded) failures.set(url, (failures.get(url) ?? 0) + 1);
  };
  signal?.addEventListener('abort', forget, { once: true });
  try {
    return await evaluation.exports;
  } catch (error) {
    forget();
    throw error;
  } finally {
    signal?.removeEventListener('abort', forget);
  }
}

function evaluate(source: PluginSource): Evaluation {
  const parts = { urls: new Set<string>(), loaded: new Set<string>() };
  if (source.isPinned) pinnedPaths.set(source.url, source.path);
  const exports = source.format === 'module' ? importServed(source, parts) : requireServed(source, parts);
  return { ...parts, exports };
}

/** CommonJS runs at once, so that no other bytes of the file can come between. Later calls of `require` get these bytes, too. */
async function requireServed(source: PluginSource, { urls }: Omit<Evaluation, 'exports'>): Promise<PluginExports> {
  const require = createRequire(source.url);
  urls.add(source.url);
  if (served.delete(source.url)) reimportCount++;
  sources.set(source.url, source);
  Reflect.deleteProperty(require.cache, fileURLToPath(source.url));
  expectLoad(source.url);
  try {
    const exports = require(source.url) as object;
    if (!served.has(source.url)) throw otherHook(source);
    return { plugin: { ...exports, default: exports } };
  } finally {
    endLoad(source.url);
  }
}

/**
 * Node returns the existing module for a known URL, for example if the application has imported the file. Then this imports the
 * bytes under a second URL.
 */
async function importServed(
  source: PluginSource,
  { urls, loaded }: Omit<Evaluation, 'exports'>,
): Promise<PluginExports> {
  let cause: unknown;
  for (let tries = 0; tries < 2; tries++) {
    const url = nextUrl(source.url);
    urls.add(url);
    sources.set(url, source);
    members.set(url, { url, loaded });
    expectLoad(url);
    try {
      const exports = await importWrapped(url, source);
      if (served.has(url)) return exports;
    } catch (error) {
      if (served.has(url)) throw error;
      cause = error;
    } finally {
      endLoad(url);
    }
    sources.delete(url);
  }
  throw otherHook(source, cause);
}

async function importWrapped(url: string, source: PluginSource): Promise<PluginExports> {
  const code = `export * as plugin from ${JSON.stringify(url)};`;
  const entry = `data:text/javascript,${encodeURIComponent(code)}`;
  sources.set(entry, { ...source, url: entry, format: 'module', bytes: Buffer.from(code) });
  try {
    return (await import(entry)) as PluginExports;
  } finally {
    sources.delete(entry);
  }
}

/** A query makes another module. `createRequire(import.meta.url)` ignores it. */
function nextUrl(file: string): string {
  const count = (imports.get(file) ?? 0) + 1;
  imports.set(file, count);
  return count === 1 ? file : withQuery(file, `import=${count}`);
}

/** Resolves plugins itself: Node's resolver would follow symbolic links, and return an unknown URL. */
const resolve: module.ResolveHookSync = (specifier, context, nextResolve) => {
  const source = sources.get(specifier);
  if (source !== undefined) return { url: specifier, format: source.format, shortCircuit: true };
  if (isBuiltin(specifier)) return nextResolve(specifier, context);
  // In Node 22, `require` passes a Set.
  const isImport = new Set(context.conditions).has('import');
  const path = onlyPath ?? pinnedImporter(context.parentURL, isImport);
  if (path !== undefined) throw notOneFile(path, specifier);

  const resolved = nextResolve(specifier, context);
  const importer = members.get(context.parentURL ?? '');
  // CommonJS needs no second URL: Node removes a file that threw from its cache.
  if (importer === undefined || !isImport || !resolved.url.startsWith('file:')) return resolved;
  const failed = failures.get(resolved.url);
  const url = failed === undefined ? resolved.url : withQuery(resolved.url, `retry=${failed}`);
  if (!members.has(url)) members.set(url, { url: resolved.url, loaded: importer.loaded });
  return { ...resolved, url };
};

const load: module.LoadHookSync = (url, context, nextLoad) => {
  const source = sources.get(url);
  if (source !== undefined) {
    served.add(url);
    endLoad(url);
    if (url !== source.url) reimportCount++;
    return { format: source.format, source: source.bytes, shortCircuit: true };
  }
  if (onlyPath !== undefined && !isBuiltin(url)) throw notOneFile(onlyPath, url);
  const member = members.get(url);
  if (member !== undefined) {
    member.loaded.add(member.url);
    if (url !== member.url) reimportCount++;
  }
  return nextLoad(url, context);
};

/** The path of a pinned importer. The importer of an ES module is a URL; that of CommonJS and `createRequire()` is a file. */
function pinnedImporter(url: string | undefined, isImport: boolean): string | undefined {
  if (url === undefined) return undefined;
  const source = sources.get(url);
  if (isImport && source?.format === 'module') return source.isPinned ? source.path : undefined;
  return pinnedPaths.get(withoutQuery(url));
}

function withQuery(url: string, query: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
