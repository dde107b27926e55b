// The course of a drill: calm, outage, recovery, under load; and its report.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Load, startLoad } from '../support/load.ts';
import type { Scrape } from '../support/metrics.ts';
import { clientsTable, logLines, metricsTable } from './report.ts';
import type { Drill, Scene } from './scene.ts';

const CALM_MS = 2_000;
const OUTAGE_MS = 3_000;
const AFTER_MS = 3_000;
const PAUSE_MS = 20;
/** Longest wait for the recovery, in milliseconds. */
const PATIENCE_MS = 60_000;
const PER_SECOND = 100;

/** The begins of the phases, on the clock of `performance.now()`. */
export interface Phases {
  readonly startMs: number;
  /** Requests and metrics count from here. */
  readonly calmMs: number;
  readonly outageMs: number;
  readonly endMs: number;
}

/** @throws the reason of the signal, after all parts have ended */
export async function runCourse(name: string, drill: Drill, signal: AbortSignal): Promise<void> {
  const wait = (ms: number): Promise<void> => delay(ms, undefined, { signal });
  console.log(`${name}: ${drill.summary}\n`);
  let clients: Load | undefined;
  await using parts = new AsyncDisposableStack();
  // After the end of the scene: its clients do not wait for answers that do not come.
  parts.defer(async () => void (await clients?.stop()));
  const scene = parts.use(await drill.open());
  signal.throwIfAborted();
  const load = (clients = startLoad(scene.url, { perSecond: PER_SECOND }));
  const startMs = performance.now();
  // For compilation and connections.
  await wait(CALM_MS);

  const calmMs = performance.now();
  const scrapes: Scrape[] = [await scene.scrape()];
  await wait(CALM_MS);
  scrapes.push(await scene.scrape());
  const outageMs = performance.now();
  console.log(`${scene.begins}, under ${PER_SECOND} requests per second`);
  await unlessAborted(scene.begin(), signal);
  await wait(drill.outageMs ?? OUTAGE_MS);
  scrapes.push(await scene.scrape());
  const endMs = performance.now();
  await unlessAborted(scene.end(), signal);
  console.log(`${scene.ends}, ${seconds(endMs - outageMs)} later`);
  const recovery = await recoveryOf(scene, (endedMs) => scene.isRecovered(load, endedMs), endMs, wait);
  await wait(AFTER_MS);
  scrapes.push(await scene.scrape());
  await load.stop();

  const phases = { startMs, calmMs, outageMs, endMs };
  console.log(['', 'Log, by the time since the begin:', ...logLines(scene.programs(), phases)].join('\n'));
  console.log(['', 'Metrics that the outage moves:', ...metricsTable(scrapes, phases)].join('\n'));
  console.log(['', 'Clients:', ...clientsTable(load, phases)].join('\n'));
  console.log(['', ...(scene.notes?.() ?? []), recovery].join('\n'));
}

/** Waits for the end of an act, or fails at once. */
async function unlessAborted(act: unknown, signal: AbortSignal): Promise<void> {
  const aborted = new AbortController();
  try {
    await Promise.race([act, once(signal, 'abort', { signal: aborted.signal })]);
    signal.throwIfAborted();
  } finally {
    aborted.abort();
  }
}

async function recoveryOf(
  scene: Scene,
  isRecovered: (endedMs: number) => boolean | Promise<boolean>,
  endedMs: number,
  wait: (ms: number) => Promise<void>,
): Promise<string> {
  while (!(await isRecovered(endedMs))) {
    if (performance.now() - endedMs > PATIENCE_MS) throw new Error(`no recovery within ${seconds(PATIENCE_MS)}`);
    await wait(PAUSE_MS);
  }
  return `Recovery: ${scene.recovery} ${seconds(performance.now() - endedMs)} after the end`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
