// The effects of faulty plugins in each isolation: every fault runs in the built program, and docs/faults.md lists the observations.
import { writeFile } from 'node:fs/promises';
import { ISOLATIONS } from '@pluggable/host';
import { markdownTable } from 'markdown-table';
import { afterAll, describe, expect, it } from 'vitest';
import { FAULTS, FaultTable, observe, PAPER } from './support/faults.js';

const isUpdate = process.env['UPDATE_FAULTS'] === '1';
const table = await FaultTable.read();
const observed = new Map<string, string>();

describe('docs/faults.md', () => {
  it.skipIf(isUpdate)('has one row for each fault', () => {
    expect(table.titles).toEqual(FAULTS.map(({ title }) => title));
  });

  it.each(FAULTS.flatMap((fault) => ISOLATIONS.map((isolation) => ({ ...fault, isolation }))))(
    'is right about "$title", $isolation',
    async ({ isolation, ...fault }) => {
      const outcome = await observe(fault, isolation);
      observed.set(`${fault.title} ${isolation}`, outcome);

      const wanted = isUpdate ? outcome : table.outcome(fault.title, isolation);
      expect(fault.mayBeContained === true ? [wanted, 'contained'] : [wanted]).toContain(outcome);
    },
  );

  afterAll(async () => {
    if (!isUpdate) return;
    const rows = FAULTS.map(({ title }) => [
      title,
      ...ISOLATIONS.map((isolation) => observed.get(`${title} ${isolation}`) ?? table.outcome(title, isolation) ?? ''),
    ]);
    await writeFile(PAPER, table.with(`${markdownTable([['fault', ...ISOLATIONS], ...rows])}\n`));
  });
});
