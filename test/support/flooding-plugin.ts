// A plugin that logs or prints far too much, and what its host must make of it.
import { expect } from 'vitest';
import { openCache, pluginFile } from './built-host.js';
import type { Isolation } from './posting-plugin.js';
import { recordingLogger, type RecordedLine } from './recording-logger.js';

const LINES = 100_000;

const flooding = pluginFile(`
  export const manifest = { kind: 'cache', contract: 1, name: 'guest', version: '1' };
  const floods = {
    log: (log) => { for (let i = 0; i < ${LINES}; i++) log.info('line', { i }); },
    lines: () => { for (let i = 0; i < 20_000; i++) process.stdout.write('short\\n'); },
    endless: () => { for (let i = 0; i < 320; i++) process.stderr.write('x'.repeat(64 * 1024)); },
  };
  export const Factory = (log) => ({ async get(key) { floods[key](log); return {}; }, async set() {} });
`);

/** Every line is logged or counted. @param beforeClose when the count must have come, for one that does not wait for the end */
export async function expectBoundedLog(
  isolation: Isolation,
  beforeClose: (lines: readonly RecordedLine[]) => Promise<void> = async () => {},
): Promise<void> {
  const { logger, lines } = recordingLogger();
  const plugin = await openCache(flooding, { isolation, logger, callTimeoutMs: 30_000 });
  await plugin.proxy.get('log');
  await beforeClose(lines);
  expect(plugin.status()).toMatchObject({ state: 'live', restarts: 0 });
  await plugin.close();

  const logged = lines.filter(([, text]) => text === '[plugin/guest] line').length;
  const counts = lines.map(([, text]) => Number(/(\d+) log lines dropped$/.exec(text)?.[1] ?? 0));
  const dropped = counts.reduce((sum, count) => sum + count, 0);
  expect(logged + dropped).toBe(LINES);
  expect(logged).toBeLessThan(LINES / 5);
}

/** Few lines, none of them long, and a count of the rest; also of what comes without a newline. */
export async function expectBoundedOutput(isolation: Isolation): Promise<void> {
  const { logger, lines } = recordingLogger();
  const plugin = await openCache(flooding, { isolation, logger, callTimeoutMs: 30_000 });
  await plugin.proxy.get('endless');
  await plugin.proxy.get('lines');
  expect(plugin.status()).toMatchObject({ state: 'live', restarts: 0 });
  await plugin.close();

  const short = lines.filter(([, text]) => text === '[plugin/guest] short').length;
  expect(short).toBeGreaterThan(0);
  expect(short).toBeLessThan(15_000);
  expect(lines.some(([, text]) => text.endsWith(' lines of output dropped'))).toBe(true);
  const long = lines.filter(([, text]) => text.includes('xxx'));
  expect(long.every(([, text]) => text.endsWith('… (cut)') && text.length < 9_000)).toBe(true);
  expect(long.length).toBeGreaterThan(0);
  expect(long.length).toBeLessThan(4);
}
