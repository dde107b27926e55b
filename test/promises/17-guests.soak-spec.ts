// Every invalid message of a guest, in every state and in both isolations, and every kind of bytes on the channel.
import { describe, expect, it } from 'vitest';
import { BYTES, LEGAL_AT_START, MESSAGES, MESSAGES_OF_THREADS } from '../fixtures/plugins/faults/posts-anything.mjs';
import { eventually } from '../support/eventually.js';
import { floodOfLog, floodOfOutput, LINES } from '../support/flooding-plugin.js';
import { endOfGuest, endOfStart, openPosting } from '../support/posting-plugin.js';
import { promise } from '../support/promises.js';

const names = Object.keys(MESSAGES);
/** A log line with a wrong body is invalid everywhere; a second `live` and similar messages only beside those of the guest. */
const atStart = names.filter((name) => !LEGAL_AT_START.includes(name));

promise(17, () => {
  describe.each(['worker', 'process'] as const)('a %s', (isolation) => {
    const own = isolation === 'process' ? BYTES : Object.keys(MESSAGES_OF_THREADS);

    it.each([...names, ...own])('ends a live guest that sends: %s', async (name) => {
      expect(await endOfGuest(isolation, name)).toEqual(['PLUGIN_MISBEHAVED', 'restarting', 'PLUGIN_MISBEHAVED']);
    });

    it.each([...atStart, ...own])('refuses the start of a guest that sends: %s', async (name) => {
      expect(await endOfStart(isolation, name)).toBe('PLUGIN_MISBEHAVED');
    });

    it('has a bounded log', async () => {
      const { lines, dropped, state } = await floodOfLog(isolation);
      expect(lines + dropped).toBe(LINES);
      expect(state).toBe('live');
    });

    it('has a bounded output', async () => {
      const { lines, longest, state } = await floodOfOutput(isolation);
      expect(lines).toBeLessThan(15_000);
      expect(longest).toBeLessThan(9_000);
      expect(state).toBe('live');
    });

    it('survives one invalid message after another, with a growing delay', async () => {
      const plugin = await openPosting(isolation);
      for (const name of names.slice(0, 5)) {
        await plugin.proxy.get(name).catch(() => undefined);
        await eventually('the plugin', () => plugin.status().state === 'live');
      }
      expect(plugin.status().restarts).toBe(5);
      await plugin.close();
    });
  });
});
