// What a bad plugin does, in each isolation: every fault runs in the built program, and docs/faults.md is what was observed.
import { writeFile } from 'node:fs/promises';
import { PLUGIN_MODES } from '@pluggable/host';
import { markdownTable } from 'markdown-table';
import { afterAll, describe, expect, it } from 'vitest';
import { FAULTS, FaultTable, observe, PAPER } from './support/faults.js';

const isUpdate = process.env['UPDATE_FAULTS'] === '1';
const table = await FaultTable.read();
const observed = new Map<string, string>();

describe('docs/faults.md', () => {
  it.each(FAULTS.flatMap((fault) => PLUGIN_MODES.map((mode) => ({ ...fault, mode }))))(
    'is right about "$title", $mode',
    async ({ mode, ...fault }) => {
      const outcome = await observe(fault, mode);
      observed.set(`${fault.title} ${mode}`, outcome);

      const wanted = isUpdate ? outcome : table.outcome(fault.title, mode);
      expect(fault.mayBeContained === true ? [wanted, 'contained'] : [wanted]).toContain(outcome);
    },
  );

  afterAll(async () => {
    if (!isUpdate) return;
    const rows = FAULTS.map(({ title }) => [
      title,
      ...PLUGIN_MODES.map((mode) => observed.get(`${title} ${mode}`) ?? table.outcome(title, mode) ?? ''),
    ]);
    await writeFile(PAPER, table.with(`${markdownTable([['fault', ...PLUGIN_MODES], ...rows])}\n`));
  });
});
