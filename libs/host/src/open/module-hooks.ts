// Makes Node run bytes that were read before, under the URL of their file, and holds a pinned plugin to that one file.
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';
import { PluginError, reasonOf } from '../plugin.error.js';
import { importFile, loaderWithoutHooks } from './foreign-loader.js';
import type { PluginSource } from './plugin-source.js';

/** Captured: a plugin can replace what `node:module` exports. */
const { createRequire, isBuiltin } = module;

/** The namespace of a plugin's module, wrapped: a promise of a namespace with an export `then` would never settle. */
export interface PluginExports {
  readonly plugin: object;
}

/** One run of the code of a plugin's module and of the files that it imports. */
interface Evaluation {
  readonly exports: Promise<PluginExports>;
  /** The URLs under which the plugin itself was imported for it. */
  readonly urls: Set<string>;
  /** The URLs of the other files that Node loaded for it, and for nothing before. */
  readonly loaded: Set<string>;
}

/** A module of a plugin, or of a file that it imports. */
interface Member extends Pick<Evaluation, 'loaded'> {
  /** Its URL before a query was added, to load it again. */
  readonly url: string;
}

// The state is one for the thread, as are Node's own maps of modules. Node never forgets an ES module.
/** Evaluations that succeeded or still run, by file, bytes and pin. */
const evaluations = new Map<string, Evaluation>();
/** The bytes of each URL under which a plugin is imported. */
const sources = new Map<string, PluginSource>();
/** The URLs whose bytes Node has taken from `sources`. */
const served = new Set<string>();
const members = new Map<string, Member>();
/** How often each plugin's file was imported, by its URL. */
const imports = new Map<string, number>();
/** How often each other file was loaded for an evaluation that failed, by its URL. */
const failures = new Map<string, number>();
/** The files that were pinned once: their paths, by their URLs. */
const pinnedPaths = new Map<string, string>();
let lastCommonJs: Promise<unknown> = Promise.resolve();
let onlyPath: string | undefined;
let hooks: module.ModuleHooks | undefined;
let reimportCount = 0;

/**
 * How many modules of this thread were loaded again: because the bytes of their file were others, or their evaluation had
 * failed. The earlier ones stay in memory, ESM cannot be unloaded.
 */
export function reimports(): number {
  return reimportCount;
}

/** Whether plugins are imported through the hooks; else by the loader of a test runner, which reads the file itself. */
export function hasHooks(): boolean {
  return hooks !== undefined;
}

/**
 * From now on no loader of Node gives this thread a file, whichever module asks for it and by whatever base: only `node:`
 * modules, and plugins whose bytes were handed to {@link importSource}.
 *
 * @param path of the plugin, for the error
 */
export function refuseFiles(path: string): void {
  if (!installHooks()) throw loaderWithoutHooks(path);
  onlyPath = path;
}

/** @returns false where `node:module` has no hooks: Jest replaces it, and loads modules itself */
function installHooks(): boolean {
  try {
    hooks ??= module.registerHooks({ resolve, load });
    return true;
  } catch {
    return false;
  }
}

/**
 * Gives the module of these bytes. The same bytes are evaluated once; with a pin once more, because without one their imports
 * were not checked. An evaluation that failed, or was still running when its caller gave up, is not remembered.
 *
 * @param signal aborted when the caller gives up
 * @throws the error of the evaluation; PluginError PLUGIN_NOT_ONE_FILE, PLUGIN_NOT_LOADABLE, PLUGIN_RUNTIME_UNSUPPORTED
 */
export async function importSource(source: PluginSource, signal?: AbortSignal): Promise<PluginExports> {
  signal?.throwIfAborted();
  if (!installHooks()) return await importFile(source);
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
  if (source.format === 'module') return { ...parts, exports: importServed(source, parts) };
  // Node knows CommonJS by its path, whatever the query: one after the other, so that each runs its own bytes.
  const exports = lastCommonJs.then(() => importServed(source, parts));
  lastCommonJs = exports.catch(() => undefined);
  return { ...parts, exports };
}

/**
 * Node gives the older module for a URL that it knows, for example because the application imported the file. Then the bytes
 * are imported under a second URL.
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
    if (source.format === 'commonjs') forgetCommonJs(source);
    try {
      const exports = await importWrapped(url, source);
      if (served.has(url)) return exports;
    } catch (error) {
      if (served.has(url)) throw error;
      cause = error;
    }
    sources.delete(url);
  }
  throw new PluginError('PLUGIN_NOT_LOADABLE', {
    path: source.path,
    found: `a module that another module hook loaded${cause === undefined ? '' : ` (${reasonOf(cause)})`}`,
    wanted: 'the bytes that the host read',
    fix: 'remove the hook that a library or --import has registered',
    cause,
  });
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

/** A query makes it another module, whose file is still found by createRequire(import.meta.url). */
function nextUrl(file: string): string {
  const count = (imports.get(file) ?? 0) + 1;
  imports.set(file, count);
  return count === 1 ? file : withQuery(file, `import=${count}`);
}

/** What requires the file from now on gets these bytes, too. */
function forgetCommonJs(source: PluginSource): void {
  sources.set(source.url, source);
  Reflect.deleteProperty(createRequire(source.url).cache, fileURLToPath(source.url));
}

/** Answers for plugins: Node's own resolver would follow symbolic links on the disk, to a URL that is not known here. */
const resolve: module.ResolveHookSync = (specifier, context, nextResolve) => {
  const source = sources.get(specifier);
  if (source !== undefined) return { url: specifier, format: source.format, shortCircuit: true };
  if (isBuiltin(specifier)) return nextResolve(specifier, context);
  // Node 22 gives a Set to `require`.
  const isImport = new Set(context.conditions).has('import');
  const path = onlyPath ?? pinnedImporter(context.parentURL, isImport);
  if (path !== undefined) throw notOneFile(path, specifier);

  const resolved = nextResolve(specifier, context);
  const importer = members.get(context.parentURL ?? '');
  // CommonJS needs no other URL: Node itself forgets a file that threw.
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

/** The path of the importer when it is pinned. An ES module is known by its URL; CommonJS and createRequire() by the file only. */
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

function notOneFile(path: string, specifier: string): PluginError {
  return new PluginError('PLUGIN_NOT_ONE_FILE', {
    path,
    found: `an import of ${JSON.stringify(specifier)}`,
    wanted: 'one file that imports only node: modules, because its hash covers no other',
    fix: 'bundle what the plugin needs into it, or load it without a hash',
  });
}
