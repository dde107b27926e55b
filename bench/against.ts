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
/** The other one twice: what its own two servers differ by is no difference of the builds. */
const NAMES = ['this', 'other', 'other again'] as const;

const startOther = () => startService(settings, { build });
const { perSecond, p99Ms } = await answersOf<(typeof NAMES)[number]>({
  title: 'this build and the other',
  starts: 5,
  subjects: { this: () => startService(MEMORY), other: startOther, 'other again': startOther },
});
const ratio = (name: (typeof NAMES)[number]): string => medianRatio(perSecond(name), perSecond('other')).toFixed(2);
console.log(`memory hits of this build beside those of the other, median of the rounds: ${ratio('this')}`);
console.log(`control, the other beside itself: ${ratio('other again')}`);
for (const name of NAMES) {
  console.log(`${name}: ${Math.round(median(perSecond(name)))} a second, p99 ${p99Ms(name).toFixed(1)} ms`);
}
