// The parts of the time of a memory hit: a CPU profile of the service under load, summed by part.
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Figure, progress } from './figure.ts';
import { load } from './load.ts';
import { ask, MEMORY_PLUGIN, startService } from './server.ts';

interface Frame {
  readonly functionName: string;
  readonly url: string;
  /** Zero-based. */
  readonly lineNumber: number;
}

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[];
  readonly samples: readonly number[];
  /** The time before each sample, in microseconds. */
  readonly timeDeltas: readonly number[];
}

const HIT = '/fib/20';
const WARM_UP = { seconds: 3, connections: 64 };
const MEASURED = { seconds: 5, connections: 64 };
/** From the end of the load to the end of the profile, in microseconds. */
const SHUTDOWN_US = 500_000;

/** The bundles of the application, and files without module names. */
const BUNDLE = /\/dist\/[^/]+\.js$/;
/** By URL: the module of each line. */
const bundles = new Map<string, readonly (string | undefined)[]>();

/** The first match counts. */
const PARTS: readonly [part: string, matches: (functionName: string, module: string) => boolean][] = [
  ['sending the answer: the system call', (name) => /^write(Utf8|Latin1)String$/.test(name)],
  ['garbage collection', (name) => name === '(garbage collector)'],
  ['the metrics', (_, module) => module.includes('/metrics/')],
  ['the log line', (_, module) => /node_modules\/pino\/|\/observability\/|request-log/.test(module)],
  ['Nest', (_, module) => module.includes('node_modules/@nestjs/')],
  ['Express and what it uses', (_, module) => module.includes('node_modules/')],
  ['the HTTP server', (_, module) => module.includes('libs/http-server/')],
  ['the cache: module, host, plugin', (_, module) => /libs\/|dist\/plugins\//.test(module)],
  ['the route', (_, module) => module.includes('build/')],
  ['Node: HTTP, streams, timers, all that is native', () => true],
];

export async function profile(): Promise<Figure[]> {
  progress('profile of memory hits');
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const service = await startService(
    { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_EXPIRATION: '1h' },
    { nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${folder}`] },
  );
  await ask(service.url + HIT);
  await load(service.url + HIT, WARM_UP);
  await load(service.url + HIT, MEASURED);
  await service.stop();

  // One profile per thread; that of the main thread is the largest.
  const files = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));
  const largest = files.toSorted((one, other) => other.length - one.length)[0] ?? '';
  const shares = sharesOf(JSON.parse(largest) as Profile);
  return PARTS.map(([part]) => ({ what: part, measured: `${Math.round(100 * (shares.get(part) ?? 0))} %` }));
}

/** The module of a function: a bundle has a comment with the source path before each module. */
function moduleOf({ url, lineNumber }: Frame): string {
  if (!BUNDLE.test(url)) return url;
  let modules = bundles.get(url);
  if (modules === undefined) {
    modules = modulesOf(readFileSync(fileURLToPath(url), 'utf8'));
    bundles.set(url, modules);
  }
  return modules[lineNumber] ?? url;
}

/** The module of each line. */
function modulesOf(bundle: string): readonly (string | undefined)[] {
  let module: string | undefined;
  return bundle.split('\n').map((line) => {
    module = /^\/\/ ((?:build|libs|node_modules)\/\S+)$/.exec(line)?.[1] ?? module;
    return module;
  });
}

/** @returns undefined for idle time */
function partOf(frame: Frame): string | undefined {
  if (frame.functionName === '(idle)') return undefined;
  const module = moduleOf(frame);
  return PARTS.find(([, matches]) => matches(frame.functionName, module))?.[0];
}

function sharesOf({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const parts = new Map(nodes.map(({ id, callFrame }) => [id, partOf(callFrame)]));
  const spent = new Map<string, number>();
  let busyUs = 0;
  let beforeEndUs = timeDeltas.reduce((sum, delta) => sum + delta, 0);
  for (const [index, id] of samples.entries()) {
    const us = timeDeltas[index] ?? 0;
    beforeEndUs -= us;
    const isMeasured = beforeEndUs > SHUTDOWN_US && beforeEndUs < MEASURED.seconds * 1e6;
    const part = parts.get(id);
    if (!isMeasured || part === undefined) continue;
    spent.set(part, (spent.get(part) ?? 0) + us);
    busyUs += us;
  }
  return new Map([...spent].map(([part, us]) => [part, us / busyUs]));
}
