// The start of the service: duration and memory.
import pidusage from 'pidusage';
import { type Figure, median, medianRatio, progress } from './figure.ts';
import { MEMORY_PLUGIN, type Server, startBare, startService } from './server.ts';
import { shuffled } from './side-by-side.ts';

const ROUNDS = 15;

export interface Starts {
  readonly listeningMs: number[];
  readonly answerMs: number[];
  /** CPU time until the first answer. Other load on the machine changes it less than the duration. */
  readonly cpuMs: number[];
  readonly memoryMb: number[];
}

/** The results of the named servers, started one after another, in random order in each round. */
export async function startsOf<Name extends string>(
  subjects: Readonly<Record<Name, () => Promise<Server>>>,
  names: readonly Name[],
): Promise<(name: Name) => Starts> {
  const all = new Map<Name, Starts>(
    names.map((name) => [name, { listeningMs: [], answerMs: [], cpuMs: [], memoryMb: [] }]),
  );
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`start: round ${round} of ${ROUNDS}`);
    for (const [name, of] of shuffled([...all])) {
      await using server = await subjects[name]();
      of.listeningMs.push(server.listeningMs);
      of.answerMs.push(server.startMs);
      of.cpuMs.push((await server.times()).cpuMs);
      of.memoryMb.push((await pidusage(server.pid)).memory / 1e6);
    }
  }
  return (name) => all.get(name) as Starts;
}

export async function starts(): Promise<Figure[]> {
  const subjects = {
    bare: () => startBare('plain'),
    service: () => startService({ CACHE_PLUGIN_PATH: MEMORY_PLUGIN }),
  };
  const of = await startsOf(subjects, ['bare', 'service']);
  const [bare, service] = [of('bare'), of('service')];
  return [
    {
      what: 'start until listening, relative to the bare route',
      measured: ratioOf(service.listeningMs, bare.listeningMs),
    },
    {
      what: 'start until the first 200, relative to the bare route',
      measured: ratioOf(service.answerMs, bare.answerMs),
    },
    {
      what: 'resident memory after the start, relative to the bare route',
      measured: `${medianRatio(service.memoryMb, bare.memoryMb).toFixed(2)} (${median(service.memoryMb).toFixed(0)} MB / ${median(bare.memoryMb).toFixed(0)} MB)`,
    },
  ];
}

function ratioOf(serviceMs: readonly number[], bareMs: readonly number[]): string {
  return `${medianRatio(serviceMs, bareMs).toFixed(2)} (${median(serviceMs).toFixed(0)} ms / ${median(bareMs).toFixed(0)} ms)`;
}
