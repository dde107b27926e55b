// docs/faults.md has a row for each fault, and is right in one isolation of each; the soak runs every fault in every isolation.
import { PLUGIN_MODES } from '@pluggable/host';
import { describe, expect, it } from 'vitest';
import { FAULTS, FaultTable, observe } from './support/faults.js';

const table = await FaultTable.read();
const inOneMode = FAULTS.filter(({ isSlow }) => isSlow !== true).map((fault, index) => ({
  ...fault,
  mode: PLUGIN_MODES[index % PLUGIN_MODES.length] ?? 'inline',
}));

describe('docs/faults.md', () => {
  it('has one row for each fault', () => {
    expect(table.titles).toEqual(FAULTS.map(({ title }) => title));
  });

  it.each(inOneMode)('is right about "$title", $mode', async ({ mode, ...fault }) => {
    expect(await observe(fault, mode)).toBe(table.outcome(fault.title, mode));
  });
});
