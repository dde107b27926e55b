// Applications that close at random moments, with plugins in every isolation: each ends soon and leaves nothing behind.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LazyModuleLoader } from '@nestjs/core';
import {
  getPluginRefToken,
  getPluginsToken,
  ISOLATIONS,
  type PluginMap,
  PluginModule,
  type PluginRef,
} from '@pluggable/nestjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventually } from './support/eventually.js';
import { codeOf, folderOf, GREETER, greeter, type Greeter, startApp } from './support/greeters.js';
import { leftovers } from './support/leftovers.js';
import { recordingLogger } from './support/recording-logger.js';

const RUNS = 150;
/** Longer than any start, so that some applications close after it. In milliseconds. */
const LATEST_MS = 250;
const CLOSE_TIMEOUT_MS = 500;
/** Time for a close, for a forced end, and for a busy machine. */
const SOON_MS = CLOSE_TIMEOUT_MS + 1_000 + 3_000;

const parts = fc.constantFrom({}, {}, { factory: 'hangs' }, { factory: 'blocks' }, { close: 'hangs' }, {
  ping: 'fails',
} as const);

const life = fc.record({
  isolation: fc.constantFrom(...ISOLATIONS),
  swapped: parts,
  added: parts,
  loaded: parts,
  closesAfterMs: fc.integer({ min: 0, max: LATEST_MS }),
});

let count = 0;

it(`${RUNS} applications end soon, and leave nothing behind`, async () => {
  const before = leftovers();
  let slowestMs = 0;
  await fc.assert(
    fc.asyncProperty(life, async ({ isolation, swapped, added, loaded, closesAfterMs }) => {
      const run = ++count;
      const { logger } = recordingLogger();
      // A plugin that blocks this thread would block the test.
      const written = (word: string, part: object): string =>
        greeter(`${word}-${run}`, isolation === 'inline' && 'factory' in part ? { factory: 'hangs' } : part);
      const within = folderOf({
        'old.mjs': written('old', {}),
        'new.mjs': written('new', swapped),
        'lazy.mjs': written('lazy', loaded),
      });
      const directory = folderOf({ 'a.mjs': written('a', {}) });
      const options = { isolation, logger, closeTimeoutMs: CLOSE_TIMEOUT_MS };
      const app = await startApp(
        PluginModule.forRoot(options),
        PluginModule.forPlugin(GREETER, { path: join(within, 'old.mjs'), within }),
        PluginModule.forDirectory(GREETER, { directory }),
      );
      writeFileSync(join(directory, 'b.mjs'), written('b', added));
      const ends = [
        codeOf(app.get<PluginRef>(getPluginRefToken(GREETER)).swap({ path: join(within, 'new.mjs') })),
        codeOf(app.get<PluginMap<Greeter>>(getPluginsToken(GREETER)).refresh()),
        codeOf(
          app
            .get(LazyModuleLoader)
            .load(() => PluginModule.forPlugin(GREETER, { name: 'lazy', path: join(within, 'lazy.mjs') })),
        ),
      ];
      await delay(closesAfterMs);
      const startedMs = performance.now();
      await app.close();
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      expect(slowestMs).toBeLessThan(SOON_MS);
      expect(leftovers()).toMatchObject({ children: 0, threads: 0 });
      for (const code of await Promise.all(ends))
        expect(['no error', 'PLUGIN_CLOSED', 'PLUGIN_NOT_USABLE']).toContain(code);
    }),
    { numRuns: RUNS },
  );
  await eventually('the end of all timers', () => leftovers().timers <= before.timers);
});
