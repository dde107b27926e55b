// Makes Node run bytes that were read before, under the URL of their file, and holds a pinned plugin to that one file.
import { createRequire, isBuiltin, registerHooks } from 'node:module';
import { PluginError } from './plugin.error.js';
import type { PluginSource } from './plugin-source.js';

/** What each URL stands for. Like the modules themselves, which Node never forgets, it is one for the thread. */
const sources = new Map<string, PluginSource>();
/** The files that were pinned once, by their URLs. */
const pinnedPaths = new Map<string | undefined, string>();
let hooks: ReturnType<typeof registerHooks> | undefined;

let reimportCount = 0;

/** How many modules of this thread came from a file whose earlier bytes had been imported: those stay in memory, ESM cannot be unloaded. */
export function reimports(): number {
  return reimportCount;
}

/**
 * The same bytes are imported once: a second time gives the module that is there. Unless it was not pinned before, and is now:
 * nobody looked at its imports then.
 */
export async function importSource(source: PluginSource): Promise<{ readonly plugin: object }> {
  hooks ??= registerHooks({ resolve: resolveForPinned, load: loadFromMemory });
  if (source.isPinned) pinnedPaths.set(source.url, source.path);
  const first = sources.get(source.url);
  const isFirst = first === undefined || (first.hash === source.hash && (first.isPinned || !source.isPinned));
  // A query makes it another module, whose file is still found by createRequire(import.meta.url).
  const url = isFirst
    ? source.url
    : `${source.url}?${source.isPinned ? 'pinned-' : ''}${encodeURIComponent(source.hash)}`;
  if (!sources.has(url)) {
    sources.set(url, source);
    if (!isFirst) reimportCount++;
    // CommonJS is remembered by its path, whatever the URL.
    Reflect.deleteProperty(createRequire(source.url).cache, source.path);
  }
  return (await import(entryOf(url, source))) as { readonly plugin: object };
}

/** A module that exports the module of a plugin as `plugin`: a promise of a namespace with an export `then` would never settle. */
function entryOf(url: string, source: PluginSource): string {
  const code = `export * as plugin from ${JSON.stringify(url)};`;
  const entry = `data:text/javascript,${encodeURIComponent(code)}`;
  sources.set(entry, { ...source, url: entry, format: 'module', bytes: Buffer.from(code) });
  return entry;
}

type Hooks = Required<Parameters<typeof registerHooks>[0]>;

const resolveForPinned: Hooks['resolve'] = (specifier, context, nextResolve) => {
  const source = sources.get(specifier);
  if (source !== undefined) return { url: specifier, format: source.format, shortCircuit: true };
  // Without the query: CommonJS is known by its path only.
  const path = pinnedPaths.get(context.parentURL?.split('?')[0]);
  if (path !== undefined && !isBuiltin(specifier)) {
    throw new PluginError('PLUGIN_NOT_ONE_FILE', {
      path,
      found: `an import of ${JSON.stringify(specifier)}`,
      wanted: 'one file that imports only node: modules, because its hash covers no other',
      fix: 'bundle what the plugin needs into it, or load it without a hash',
    });
  }
  return nextResolve(specifier, context);
};

const loadFromMemory: Hooks['load'] = (url, context, nextLoad) => {
  const source = sources.get(url);
  if (source === undefined) return nextLoad(url, context);
  return { format: source.format, source: source.bytes, shortCircuit: true };
};
