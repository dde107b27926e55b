// npm run bench:against -- FOLDER: this build beside another build, such as that of an earlier commit, in all that a hit costs.
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

/** The other one twice: what its own two servers differ by is no difference of the builds. */
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
const row = <Of extends string>(
  what: string,
  of: (name: Of) => readonly number[],
  names: readonly Of[],
  beside: Of,
) => {
  const ratios = names.map((name) => medianRatio(of(name), of(beside)).toFixed(2));
  rows.push([what, ...ratios, median(of(beside)).toFixed(2)]);
};

await using redis = await startRedis();
for (const [title, plugin, settings, starts] of [
  ['memory hits', 'cache-memory.mjs', {}, 8],
  ['Redis hits', 'cache-redis.mjs', { REDIS_ADDR: redis.addr }, 4],
  ['hits through a worker', 'cache-memory.mjs', { CACHE_PLUGIN_ISOLATION: 'worker' }, 4],
] as const) {
  const of = await hitsOf<Name>({ title, starts, subjects: subjects(plugin, settings) });
  row(`${title} a second`, (name: Name) => of(name, 'perSecond'), NAMES, 'other');
  row(`${title}: p99, ms`, (name: Name) => of(name, 'p99Ms'), NAMES, 'other');
  row(`${title}: resident memory, MB`, (name: Name) => of(name, 'rssMb'), NAMES, 'other');
  row(`${title}: share of time in collections`, (name: Name) => of(name, 'gc'), NAMES, 'other');
  rows.push([
    `${title}: worst start beside the median one`,
    ...[...NAMES, 'other' as const].map((name) => worstRatio(of(name, 'perSecond')).toFixed(2)),
  ]);
}
const alone = await hitsOf<Name>({ title: 'one connection', starts: 4, subjects: subjects('cache-memory.mjs') }, 1);
row('memory hits over one connection: p50, ms', (name: Name) => alone(name, 'p50Ms'), NAMES, 'other');

const { this: ours, other: theirs, 'other again': again } = subjects('cache-memory.mjs');
const startOf = await startsOf({ this: ours, other: theirs, 'other again': again });
for (const [part, what] of [
  ['listeningMs', 'start until listening, ms'],
  ['answerMs', 'start until the first 200, ms'],
  ['memoryMb', 'resident memory after the start, MB'],
] as const) {
  const beside = (name: 'this' | 'other again'): string =>
    medianRatio(startOf(name)[part], startOf('other')[part]).toFixed(2);
  rows.push([what, beside('this'), '', '1.00', beside('other again'), median(startOf('other')[part]).toFixed(0)]);
}

const folder = pathToFileURL(join(resolve(checkout), '/'));
for (const isolation of ['inline', 'worker', 'process'] as const) {
  const of = await callsOf(`calls, ${isolation}`, {
    this: () => hosted(isolation),
    other: () => hosted(isolation, folder),
    'other again': () => hosted(isolation, folder),
  });
  for (const part of ['perSecond', 'p50Us'] as const) {
    const ratio = (name: 'this' | 'other again'): string => medianRatio(of(name, part), of('other', part)).toFixed(2);
    const what = part === 'perSecond' ? 'calls a second, 64 in flight' : 'p50 of a call, us';
    rows.push([
      `${isolation}: ${what}`,
      ratio('this'),
      '',
      '1.00',
      ratio('other again'),
      median(of('other', part)).toFixed(1),
    ]);
  }
}
console.log(markdownTable(rows));
