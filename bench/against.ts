// npm run bench:against -- FOLDER: compares this build with another one, for example of an earlier commit, in the cost of hits.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { markdownTable } from 'markdown-table';
import { callsOf, hosted } from './calls.ts';
import { median, medianRatio, worstRatio } from './figure.ts';
import { AT_ONCE, hitsOf, MEMORY } from './hits.ts';
import { BUILD, type Server, startRedis, startService } from './server.ts';
import { startsOf } from './starts.ts';

const [checkout = ''] = process.argv.slice(2);
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

const rows: string[][] = [['what', ...NAMES.map((name) => `${name}, beside other`), 'other']];
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

await using redis = await startRedis();
for (const [title, plugin, settings, starts] of [
  ['memory hits', 'cache-memory.mjs', {}, 8],
  ['Redis hits', 'cache-redis.mjs', { REDIS_ADDR: redis.addr }, 4],
  ['hits through a worker', 'cache-memory.mjs', { CACHE_PLUGIN_ISOLATION: 'worker' }, 4],
] as const) {
  const of = await hitsOf<Name>({ title, starts, subjects: subjects(plugin, settings) });
  row(`${title} a second`, NAMES, (name) => of(name, 'perSecond'));
  row(`${title}: p99, ms`, NAMES, (name) => of(name, 'p99Ms'));
  row(`${title}: resident memory, MB`, NAMES, (name) => of(name, 'rssMb'));
  row(`${title}: share of time in collections`, NAMES, (name) => of(name, 'gc'));
  rows.push([
    `${title}: worst start beside the median one`,
    ...[...NAMES, 'other' as const].map((name) => worstRatio(of(name, 'perSecond')).toFixed(2)),
  ]);
}
const alone = await hitsOf<Name>({ title: 'one connection', starts: 4, subjects: subjects('cache-memory.mjs') }, 1);
row('memory hits over one connection: p50, ms', NAMES, (name) => alone(name, 'p50Ms'));

/** For measurements that do not depend on the sending of answers. */
const BUILDS = ['this', 'other', 'other again'] as const;
type Build = (typeof BUILDS)[number];

const startOf = await startsOf(subjects('cache-memory.mjs'), BUILDS);
row('start until listening, ms', BUILDS, (name) => startOf(name).listeningMs, 0);
row('start until the first 200, ms', BUILDS, (name) => startOf(name).answerMs, 0);
row('resident memory after the start, MB', BUILDS, (name) => startOf(name).memoryMb, 0);

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
console.log(markdownTable(rows));
