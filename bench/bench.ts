// npm run bench [-- SECTION ...]: measures all figures of the documents with the built program in one run, and writes bench/results.md.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { markdownTable } from 'markdown-table';
import { calls } from './calls.ts';
import { cancellation, coalescing, uncached } from './computations.ts';
import type { Figure } from './figure.ts';
import { hits, hitsByIsolation, hitsDuringComputations } from './hits.ts';
import { leases } from './leases.ts';
import { lostNode } from './lost-node.ts';
import { outage } from './outage.ts';
import { profile } from './profile.ts';
import { selectSections } from './sections.ts';
import { starts } from './starts.ts';
import { telemetry } from './telemetry.ts';

const SECTIONS = {
  hits,
  'hits-during-computations': hitsDuringComputations,
  'hits-by-isolation': hitsByIsolation,
  telemetry,
  leases,
  outage,
  'lost-node': lostNode,
  calls,
  uncached,
  coalescing,
  cancellation,
  starts,
  profile,
};

const names = process.argv.slice(2);
const figures: Figure[] = [];
const shares: Figure[] = [];
for (const measure of selectSections(SECTIONS, names)) {
  (measure === profile ? shares : figures).push(...(await measure()));
}

const figureRows = figures.map(({ what, measured, wanted = '' }) => [what, measured, wanted]);
const shareRows = shares.map(({ what, measured }) => [what, measured]);
const tables = [
  figureRows.length > 0 && markdownTable([['what', 'measured', 'wanted'], ...figureRows]),
  shareRows.length > 0 && markdownTable([['of the busy time of a memory hit', 'share'], ...shareRows]),
]
  .filter((table) => table !== false)
  .join('\n\n');
const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
console.log(`${machine}\n\n${tables}`);

if (names.length === 0) {
  const results = `# Results

Written by \`npm run bench\` on ${machine}. [README.md](README.md) describes the measurements.

${tables}
`;
  await writeFile(new URL('results.md', import.meta.url), results);
}
