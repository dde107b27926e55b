// docs/faults.md has a row for each fault. Each row is checked in one isolation here, and in every isolation by the soak test.
import { ISOLATIONS } from '@pluggable/host';
import { describe, expect, it } from 'vitest';
import { FAULTS, FaultTable, observe } from './support/faults.js';

const table = await FaultTable.read();
const inOneMode = FAULTS.filter(({ isSlow }) => isSlow !== true).map((fault, index) => ({
  ...fault,
  isolation: ISOLATIONS[index % ISOLATIONS.length] ?? 'inline',
}));

describe('docs/faults.md', () => {
  it('has one row for each fault', () => {
    expect(table.titles).toEqual(FAULTS.map(({ title }) => title));
  });

  it.each(inOneMode)('is right about "$title", $isolation', async ({ isolation, ...fault }) => {
    expect(await observe(fault, isolation)).toBe(table.outcome(fault.title, isolation));
  });
});
