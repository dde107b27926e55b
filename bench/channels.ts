// The cost of the telemetry channels of the host for a call inline, with and without subscribers.
import { callChannel, callTracing } from '../libs/host/dist/telemetry/channels.js';
import { hosted } from './calls.ts';
import { type Figure, median, progress } from './figure.ts';
import { shuffled } from './side-by-side.ts';

const ROUNDS = 25;
/** Checks are so short that a round needs many. */
const CHECKS = 5_000_000;
const CALLS = 20_000;
/** Largest allowed cost of the channels for a call without a subscriber, in nanoseconds. */
const MOST_NS = 100;

const ignore = (): void => {};
const PLAIN = 'the plain channel has one subscriber';
const TRACING = 'the tracing channel has one subscriber';

/** A way to observe calls. Returns the end of the observation. */
const OBSERVERS: Readonly<Record<string, () => () => void>> = {
  'no channel has a subscriber': () => ignore,
  [PLAIN]: () => {
    callChannel.subscribe(ignore);
    return () => callChannel.unsubscribe(ignore);
  },
  [TRACING]: () => {
    const subscribers = { start: ignore, end: ignore, asyncStart: ignore, asyncEnd: ignore, error: ignore };
    callTracing.subscribe(subscribers);
    return () => callTracing.unsubscribe(subscribers);
  },
};

export async function channels(): Promise<Figure[]> {
  await using plugin = await hosted('inline');
  const checksNs: number[] = [];
  const callsNs = new Map<string, number[]>(Object.keys(OBSERVERS).map((what) => [what, []]));
  // The first round compiles, and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    if (round % 5 === 0) progress(`channels: round ${round} of ${ROUNDS}`);
    const checkNs = nsOfCheck();
    if (round > 0) checksNs.push(checkNs);
    for (const [what, observe] of shuffled(Object.entries(OBSERVERS))) {
      const stop = observe();
      const callNs = await nsOfCall(plugin.call);
      stop();
      if (round > 0) callsNs.get(what)?.push(callNs);
    }
  }
  return [
    {
      what: 'telemetry channels without a subscriber: their checks in a call, median and worst round',
      measured: medianAndWorst(checksNs),
      wanted: `<= ${MOST_NS} ns`,
    },
    ...[...callsNs].map(([what, ns]) => ({
      what: `a call inline, ${what}: median and worst round`,
      measured: medianAndWorst(ns),
    })),
  ];
}

/** The checks of GuardedCalls in one call: before the call, when it starts, and when it ends. */
function nsOfCheck(): number {
  let observed = 0;
  const startedMs = performance.now();
  for (let check = 0; check < CHECKS; check++) {
    if (callTracing.hasSubscribers) observed++;
    const callStartedMs = callChannel.hasSubscribers ? performance.now() : undefined;
    if (callStartedMs !== undefined) observed++;
  }
  const tookMs = performance.now() - startedMs;
  if (observed > 0) throw new Error(`found a subscriber in ${observed} checks, wanted none`);
  return (tookMs * 1e6) / CHECKS;
}

/** Sequential calls of the memory plugin, each a hit. */
async function nsOfCall(call: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  for (let made = 0; made < CALLS; made++) await call();
  return ((performance.now() - startedMs) * 1e6) / CALLS;
}

function medianAndWorst(ns: readonly number[]): string {
  return `${written(median(ns))} ns, ${written(Math.max(...ns))} ns`;
}

function written(ns: number): string {
  return ns.toFixed(ns < 10 ? 1 : 0);
}
