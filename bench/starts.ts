// The start of the service: duration and memory.
import pidusage from 'pidusage';
import { type Figure, median, medianRatio, progress } from './figure.ts';
import { MEMORY_PLUGIN, type Server, startBare, startService } from './server.ts';

const ROUNDS = 15;

export interface Starts {
  readonly listeningMs: number[];
  readonly answerMs: number[];
  readonly memoryMb: number[];
}

/** The results of the named servers, started in turn. */
export async function startsOf<Name extends string>(
  subjects: Readonly<Record<Name, () => Promise<Server>>>,
  names: readonly Name[],
): Promise<(name: Name) => Starts> {
  const all = new Map<Name, Starts>(names.map((name) => [name, { listeningMs: [], answerMs: [], memoryMb: [] }]));
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`start: round ${round} of ${ROUNDS}`);
    for (const [name, of] of all) {
      await using server = await subjects[name]();
      of.listeningMs.push(server.listeningMs);
      of.answerMs.push(server.startMs);
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
      what: 'start until listening, beside the bare route',
      measured: beside(service.listeningMs, bare.listeningMs),
    },
    {
      what: 'start until the first 200, beside the bare route',
      measured: beside(service.answerMs, bare.answerMs),
    },
    {
      what: 'resident memory after the start, beside the bare route',
      measured: `${median(service.memoryMb).toFixed(0)} MB beside ${median(bare.memoryMb).toFixed(0)} MB`,
    },
  ];
}

function beside(serviceMs: readonly number[], bareMs: readonly number[]): string {
  return `${medianRatio(serviceMs, bareMs).toFixed(2)} (${median(serviceMs).toFixed(0)} ms beside ${median(bareMs).toFixed(0)} ms)`;
}
