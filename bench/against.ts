// npm run bench:against -- FOLDER: memory hits of this build beside those of another build, such as that of an earlier commit.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { median, medianRatio } from './figure.ts';
import { answersOf, MEMORY } from './hits.ts';
import { startService } from './server.ts';

const [checkout = ''] = process.argv.slice(2);
const build = resolve(checkout, 'dist');
if (checkout === '' || !existsSync(join(build, 'main.js'))) {
  console.error(
    `found no build in ${JSON.stringify(checkout)}, wanted a checkout of this repository that was built; npm run bench:against -- FOLDER`,
  );
  process.exit(1);
}

const settings = { ...MEMORY, CACHE_PLUGIN_PATH: join(build, 'plugins/cache-memory.mjs') };
const { perSecond, p99Ms } = await answersOf<'this' | 'other'>({
  title: 'this build and the other',
  starts: 5,
  subjects: { this: () => startService(MEMORY), other: () => startService(settings, { build }) },
});
const ratio = medianRatio(perSecond('this'), perSecond('other')).toFixed(2);
console.log(`memory hits of this build beside those of the other, median of the rounds: ${ratio}`);
for (const name of ['this', 'other'] as const) {
  console.log(`${name}: ${Math.round(median(perSecond(name)))} a second, p99 ${p99Ms(name).toFixed(1)} ms`);
}
