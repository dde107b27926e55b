// Plugins with one fault each, the observed effects in the built program, and the table of docs/faults.md.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ISOLATIONS, type Isolation } from '@pluggable/host';
import { expect } from 'vitest';
import { cacheHealth, type CacheHealth } from './cache-health.js';
import { childrenOf, isRunning } from './children.js';
import { eventually } from './eventually.js';
import { fixture, type Program, ROOT, startProgram } from './program.js';
import { type Answer, ask } from './request.js';

export interface Fault {
  readonly title: string;
  readonly plugin: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the fault has happened. @default when it was counted or logged, or after a while */
  readonly hasStruck?: (cache: CacheHealth) => boolean;
  /** The host may be faster: on a slow machine, the heartbeat ends the plugin before the fault shows. @default false */
  readonly mayBeContained?: boolean;
}

/** For the host and its threads. A plugin process has the default of Node. */
const SMALL_HEAP = { NODE_OPTIONS: '--max-old-space-size=256' };
const hasRestarted = ({ restarts }: CacheHealth): boolean => restarts > 0;

export const FAULTS: readonly Fault[] = [
  { title: 'throws at import', plugin: 'throws-on-import.mjs' },
  { title: 'has no factory', plugin: 'no-factory.mjs' },
  { title: 'its factory throws', plugin: 'factory-throws.mjs' },
  { title: 'its factory hangs', plugin: 'factory-hangs.mjs', env: { CACHE_PLUGIN_START_TIMEOUT: '1s' } },
  { title: 'its factory returns garbage', plugin: 'faults/factory-returns-garbage.mjs' },
  { title: 'is for an old contract', plugin: 'faults/old-contract.mjs' },
  { title: 'a call throws', plugin: 'faults/calls-throw.mjs' },
  { title: 'a call rejects', plugin: 'faults/calls-reject.mjs' },
  { title: 'every call rejects', plugin: 'rejecting.mjs' },
  { title: 'a call never settles', plugin: 'faults/calls-never-settle.mjs' },
  { title: 'a call settles after its deadline', plugin: 'faults/calls-settle-late.mjs' },
  { title: 'answers with a wrong shape', plugin: 'faults/get-answers-wrongly.mjs' },
  { title: 'throws from a timer', plugin: 'faults/timer-throws.mjs' },
  { title: 'leaves a rejection unhandled', plugin: 'faults/rejection-unhandled.mjs' },
  { title: "emits `'error'` unheard", plugin: 'faults/error-unheard.mjs' },
  { title: 'computes for 200 ms', plugin: 'faults/get-blocks-for-200ms.mjs' },
  { title: 'computes for ever', plugin: 'faults/get-blocks-for-ever.mjs' },
  { title: 'calls `process.exit()`', plugin: 'faults/get-exits.mjs' },
  {
    title: 'grows the heap without end',
    plugin: 'faults/get-allocates-without-end.mjs',
    env: SMALL_HEAP,
    hasStruck: hasRestarted,
  },
  {
    title: 'grows the heap in pieces larger than it',
    plugin: 'faults/get-allocates-large-pieces.mjs',
    env: SMALL_HEAP,
    hasStruck: hasRestarted,
    mayBeContained: true,
  },
  { title: 'reads a file without permission', plugin: 'faults/get-reads-a-file.mjs' },
  { title: 'posts `null` to its host', plugin: 'faults/posts-null.mjs' },
  { title: 'posts a log line of an unknown level', plugin: 'faults/posts-unknown-level.mjs' },
  { title: 'names a variable that every object has', plugin: 'faults/env-named-constructor.mjs' },
  { title: 'asks for a variable of the application', plugin: 'faults/env-named-admin-token.mjs' },
  { title: 'hangs in close', plugin: 'faults/close-never-settles.mjs' },
];

const ANSWER_MS = 5_000;
const STRIKE_MS = 2_000;
const LONG_STRIKE_MS = 90_000;
const RECOVERY_MS = 8_000;
/** The grace time, the time for the close of a plugin, and an allowance for a slow machine. */
const SHUTDOWN_MS = 2_000 + 5_000 + 3_000;
const STRIKES = 3;
/** A longer silence at every fault is caused by the plugin, not by chance. The computing plugin blocks for 200 ms. */
const DELAYED_MS = 100;

export async function observe(fault: Fault, isolation: Isolation): Promise<string> {
  let started: Program;
  try {
    const settings = {
      CACHE_PLUGIN_PATH: fixture(fault.plugin),
      CACHE_PLUGIN_ISOLATION: isolation,
      SHUTDOWN_GRACE: '2s',
    };
    started = await startProgram({ env: { ...settings, ...fault.env } });
  } catch (error) {
    return `refused, \`${codeOfRefusal(error)}\``;
  }
  await using program = started;
  let isDelayed: boolean;
  let isOfUse: boolean;
  let isKnown: boolean;
  try {
    isDelayed = await provoke(program, fault);
    isOfUse = await within(RECOVERY_MS, async () => {
      const isHit = await askFor(program, 20, 6_765);
      return isHit && (await cacheHealth(program)).state === 'live';
    });
    isKnown = isCounted(await cacheHealth(program));
  } catch (error) {
    return await endOf(program, error);
  }
  await stop(program, isolation);

  if (isDelayed) return 'host delayed';
  if (!isKnown && !program.lines.some(({ level }) => level >= 40)) return 'unnoticed';
  return isOfUse ? 'contained' : 'degraded';
}

/** Triggers the fault of a plugin and waits for it. @returns whether no request was answered in that time */
async function provoke(program: Program, { hasStruck }: Fault): Promise<boolean> {
  await askFor(program, 20, 6_765);
  await askFor(program, 20, 6_765);
  const silencesMs: number[] = [];
  for (let i = 0; i < STRIKES; i++) silencesMs.push(await strike(program));

  const wanted = hasStruck ?? isCounted;
  await within(hasStruck === undefined ? STRIKE_MS : LONG_STRIKE_MS, async () => {
    await askFor(program, 20, 6_765);
    return wanted(await cacheHealth(program));
  });
  return Math.min(...silencesMs) > DELAYED_MS;
}

/** The state of a program that did not answer correctly. */
async function endOf(program: Program, error: unknown): Promise<string> {
  const isLive = answerOf(program, '/health/live').then(
    () => true,
    () => false,
  );
  if (await Promise.race([program.ended(), delay(ANSWER_MS)])) return 'host exits';
  if (await isLive) throw error;
  program.signal('SIGTERM');
  if (await Promise.race([program.ended(), delay(ANSWER_MS)])) throw error;
  return 'host blocked';
}

/** At log level debug, a program prints the code after the sentence. */
function codeOfRefusal(error: unknown): string {
  const said = error instanceof Error ? error.message : '';
  const [, code] =
    /^the program ended with 1 before it listened: pluggable: plugin [^\n]+\n(?!pluggable).*\bcode: '(PLUGIN_\w+)'/s.exec(
      said,
    ) ?? [];
  if (code === undefined) throw error;
  return code;
}

/** Requests the key that triggers the fault, and observes the program. @returns its longest silence in milliseconds */
async function strike(program: Program): Promise<number> {
  let longestMs = 0;
  const over = new AbortController();
  const struck = askFor(program, 13, 233).finally(() => over.abort());
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) longestMs = Math.max(longestMs, (await answerOf(program, '/health/live')).durationMs);
  };
  await Promise.all([struck, watch()]);
  await askFor(program, 30, 832_040);
  return longestMs;
}

/** Fails when the answer is not correct. @returns whether it was a hit */
async function askFor(program: Program, n: number, result: number): Promise<boolean> {
  const { status, body, headers } = await answerOf(program, `/fib/${n}`);
  expect([status, body]).toEqual([200, { result }]);
  return headers['cache-status'] === 'pluggable; hit';
}

async function answerOf(program: Program, path: string): Promise<Answer> {
  const asked = ask(program.url, path);
  const timer = setTimeout(() => asked.leave(), ANSWER_MS);
  try {
    return await asked.answer;
  } finally {
    clearTimeout(timer);
  }
}

function isCounted({ lookups, writes, restarts }: CacheHealth): boolean {
  return lookups.error + lookups.timeout + writes.error + writes.timeout + restarts > 0;
}

async function within(ms: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const giveUpMs = performance.now() + ms;
  while (performance.now() < giveUpMs) {
    if (await isSo()) return true;
    await delay(10);
  }
  return false;
}

async function stop(program: Program, isolation: Isolation): Promise<void> {
  const children = childrenOf(program.pid);
  expect(children.length > 0).toBe(isolation === 'process');
  const exit = await Promise.race([program.stop(), delay(SHUTDOWN_MS)]);
  expect(exit && [exit.code, exit.stderr]).toEqual([0, '']);
  await eventually('the end of all plugins', () => !children.some(isRunning));
}

export const PAPER = `${ROOT}docs/faults.md`;
const TABLE = /^\|.*\n(?:\|.*\n)+/m;

export class FaultTable {
  private readonly outcomes: ReadonlyMap<string, readonly string[]>;

  static async read(): Promise<FaultTable> {
    return new FaultTable(await readFile(PAPER, 'utf8'));
  }

  private constructor(private readonly paper: string) {
    const rows = (TABLE.exec(paper)?.[0] ?? '')
      .split('\n')
      .slice(2, -1)
      .map((row) => row.split('|').map((cell) => cell.trim()));
    this.outcomes = new Map(rows.map(([, title = '', ...cells]) => [title, cells.slice(0, ISOLATIONS.length)]));
  }

  get titles(): string[] {
    return [...this.outcomes.keys()];
  }

  outcome(title: string, isolation: Isolation): string | undefined {
    return this.outcomes.get(title)?.[ISOLATIONS.indexOf(isolation)];
  }

  /** The document with another table. */
  with(table: string): string {
    return this.paper.replace(TABLE, () => table);
  }
}
