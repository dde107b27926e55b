// npm run bench: measures all figures of the documents with the built program in one run, and writes bench/results.md.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { markdownTable } from 'markdown-table';
import { calls } from './calls.ts';
import { cancellation, coalescing, uncached } from './computations.ts';
import type { Figure } from './figure.ts';
import { hits, hitsBesideComputations, hitsByIsolation } from './hits.ts';
import { outage } from './outage.ts';
import { profile } from './profile.ts';
import { starts } from './starts.ts';

const figures: Figure[] = [];
for (const measure of [
  hits,
  hitsBesideComputations,
  hitsByIsolation,
  outage,
  calls,
  uncached,
  coalescing,
  cancellation,
  starts,
]) {
  figures.push(...(await measure()));
}
const shares = await profile();

const table = markdownTable([
  ['what', 'measured', 'wanted'],
  ...figures.map(({ what, measured, wanted = '' }) => [what, measured, wanted]),
]);
const profileTable = markdownTable([
  ['of the busy time of a memory hit', 'share'],
  ...shares.map(({ what, measured }) => [what, measured]),
]);
const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
console.log(`${machine}\n\n${table}\n\n${profileTable}`);

const results = `# Results

Written by \`npm run bench\` on ${machine}. [README.md](README.md) describes the measurements.

${table}

${profileTable}
`;
await writeFile(new URL('results.md', import.meta.url), results);
