// A plugin that logs or prints far too much, and the reaction of its host.
import { openCache, pluginFile } from './built-host.js';
import type { Isolation } from './posting-plugin.js';
import { eventually } from './eventually.js';
import { recordingLogger, type RecordedLine } from './recording-logger.js';

/** Number of lines in a flood of the log: a plugin writes them in much less than the second after which it counts as blocked. */
export const LINES = 30_000;

/** The guest drops lines that wait for too long, the host drops lines that arrive too fast. */
const DROPPED = /(\d+) (?:log lines|lines of output|writes of output) dropped/;

const flooding = pluginFile(`
  export const manifest = { kind: 'cache', contract: 1, name: 'guest', version: '1' };
  const floods = {
    log: (log) => { for (let i = 0; i < ${LINES}; i++) log.info('line', { i }); },
    lines: () => { for (let i = 0; i < 20_000; i++) process.stdout.write('short\\n'); },
    endless: () => { for (let i = 0; i < 320; i++) process.stderr.write('x'.repeat(64 * 1024)); },
  };
  export const Factory = (log) => ({ async get(key) { floods[key](log); return {}; }, async set() {} });
`);

export interface Flooded {
  /** Number of lines of the flood that the host logged. */
  readonly lines: number;
  /** Number of dropped lines, as reported by the host. */
  readonly dropped: number;
  readonly longest: number;
  readonly state: string;
}

/** A plugin logs {@link LINES} lines. @param beforeClose waited for before the close; remaining lines are reported at the end */
export async function floodOfLog(
  isolation: Isolation,
  beforeClose: (lines: readonly RecordedLine[]) => Promise<void> = async () => {},
): Promise<Flooded> {
  return await flood(isolation, ['log'], beforeClose);
}

/** A plugin prints 20 MB without a newline, and then 20,000 short lines. */
export async function floodOfOutput(isolation: Isolation): Promise<Flooded> {
  return await flood(isolation, ['endless', 'lines'], async (said) => {
    await eventually('the count', () => said.some(([, text]) => DROPPED.test(text)));
  });
}

async function flood(
  isolation: Isolation,
  keys: readonly string[],
  beforeClose: (lines: readonly RecordedLine[]) => Promise<void>,
): Promise<Flooded> {
  const { logger, lines } = recordingLogger();
  const plugin = await openCache(flooding, { isolation, logger, callTimeoutMs: 30_000 });
  for (const key of keys) await plugin.proxy.get(key);
  await beforeClose(lines);
  const { state } = plugin.status();
  await plugin.close();

  const texts = lines.map(([, text]) => text);
  const counts = texts.map((text) => Number(DROPPED.exec(text)?.[1] ?? 0));
  return {
    lines: texts.filter((text) => /(line|short|\(cut\))$/.test(text)).length,
    dropped: counts.reduce((sum, count) => sum + count, 0),
    longest: Math.max(...texts.map((text) => text.length)),
    state,
  };
}
