// npm run bench:against -- FOLDER [SECTION ...]: compares this build with another one, for example of an earlier commit.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { markdownTable } from 'markdown-table';
import { callsOf, hosted } from './calls.ts';
import { median, medianRatio, worstRatio } from './figure.ts';
import { AT_ONCE, hitsOf, MEMORY } from './hits.ts';
import { selectSections } from './sections.ts';
import { BUILD, type Server, startRedis, startService } from './server.ts';
import { type Starts, startsOf } from './starts.ts';

const [checkout = '', ...sections] = process.argv.slice(2);
const other = resolve(checkout, 'dist');
if (checkout === '' || !existsSync(join(other, 'main.js'))) {
  console.error(
    `found no build in ${JSON.stringify(checkout)}, wanted a checkout of this repository that was built; npm run bench:against -- FOLDER`,
  );
  process.exit(1);
}

/** The other build runs twice: the difference between its two servers is the measurement error. */
const NAMES = ['this', 'this, each answer at once', 'other', 'other again'] as const;
type Name = (typeof NAMES)[number];
/** For measurements that do not depend on the sending of answers. */
const BUILDS = ['this', 'other', 'other again'] as const;
type Build = (typeof BUILDS)[number];

const rows: string[][] = [['what', ...NAMES.map((name) => `${name} / other`), 'other']];
const subjects = (plugin: string, settings: Readonly<Record<string, string>> = {}) => {
  const start = (build: string, more: Readonly<Record<string, string>> = {}): Promise<Server> => {
    const path = join(build, 'plugins', plugin);
    return startService({ ...MEMORY, CACHE_PLUGIN_PATH: path, ...settings, ...more }, { build });
  };
  return {
    this: () => start(BUILD),
    'this, each answer at once': () => start(BUILD, AT_ONCE),
    other: () => start(other),
    'other again': () => start(other),
  } satisfies Record<Name, () => Promise<Server>>;
};
/** A row of ratios; empty for a server that was not measured. `names` includes "other", the base of all ratios. */
const row = <Of extends Name>(what: string, names: readonly Of[], of: (name: Of) => readonly number[], digits = 2) => {
  const isMeasured = (name: Name): name is Of => names.some((measured) => measured === name);
  const others = of('other' as Of);
  const ratios = NAMES.map((name) => (isMeasured(name) ? medianRatio(of(name), others).toFixed(2) : ''));
  rows.push([what, ...ratios, median(others).toFixed(digits)]);
};

async function hits(
  title: string,
  plugin: string,
  settings: Readonly<Record<string, string>>,
  startCount: number,
): Promise<void> {
  const of = await hitsOf<Name>({ title, starts: startCount, subjects: subjects(plugin, settings) });
  row(`${title} a second`, NAMES, (name) => of(name, 'perSecond'));
  row(`${title}: CPU time of a hit, us`, NAMES, (name) => of(name, 'cpuUs'), 1);
  row(`${title}: p99, ms`, NAMES, (name) => of(name, 'p99Ms'));
  row(`${title}: resident memory after the load, MB`, NAMES, (name) => of(name, 'rssMb'));
  row(`${title}: resident memory after the load, worst start, MB`, NAMES, (name) => [Math.max(...of(name, 'rssMb'))]);
  row(`${title}: share of time in collections`, NAMES, (name) => of(name, 'gc'));
  rows.push([
    `${title}: worst start / median start of the same server`,
    ...[...NAMES, 'other' as const].map((name) => worstRatio(of(name, 'perSecond')).toFixed(2)),
  ]);
}

async function redisHits(): Promise<void> {
  await using redis = await startRedis();
  await hits('Redis hits', 'cache-redis.mjs', { REDIS_ADDR: redis.addr }, 4);
}

async function oneConnection(): Promise<void> {
  const alone = await hitsOf<Name>({ title: 'one connection', starts: 4, subjects: subjects('cache-memory.mjs') }, 1);
  row('memory hits over one connection: p50, ms', NAMES, (name) => alone(name, 'p50Ms'));
}

async function starts(): Promise<void> {
  const of = await startsOf(subjects('cache-memory.mjs'), BUILDS);
  for (const [what, unit, part] of [
    ['start until listening', 'ms', 'listeningMs'],
    ['start until the first 200', 'ms', 'answerMs'],
    ['CPU time until the first 200', 'ms', 'cpuMs'],
    ['resident memory after the start', 'MB', 'memoryMb'],
  ] as const satisfies readonly (readonly [string, string, keyof Starts])[]) {
    row(`${what}, ${unit}`, BUILDS, (name) => of(name)[part], 0);
    row(`${what}, worst start, ${unit}`, BUILDS, (name) => [Math.max(...of(name)[part])], 0);
  }
}

async function calls(): Promise<void> {
  const folder = pathToFileURL(join(resolve(checkout), '/'));
  for (const isolation of ['inline', 'worker', 'process'] as const) {
    const of = await callsOf<Build>(`calls, ${isolation}`, {
      this: () => hosted(isolation),
      other: () => hosted(isolation, folder),
      'other again': () => hosted(isolation, folder),
    });
    row(`${isolation}: calls a second, 64 in flight`, BUILDS, (name) => of(name, 'perSecond'), 0);
    row(`${isolation}: p50 of a call, us`, BUILDS, (name) => of(name, 'p50Us'), 1);
  }
}

const SECTIONS = {
  starts,
  calls,
  memory: () => hits('memory hits', 'cache-memory.mjs', {}, 8),
  redis: redisHits,
  worker: () => hits('hits through a worker', 'cache-memory.mjs', { CACHE_PLUGIN_ISOLATION: 'worker' }, 4),
  connection: oneConnection,
};
for (const measure of selectSections(SECTIONS, sections)) await measure();
console.log(markdownTable(rows));
