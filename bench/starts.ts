// How long the service takes to start, and how much memory it has then.
import pidusage from 'pidusage';
import { type Figure, median, medianRatio, progress } from './figure.ts';
import { MEMORY_PLUGIN, type Server, startBare, startService } from './server.ts';

const ROUNDS = 15;

interface Starts {
  readonly listeningMs: number[];
  readonly answerMs: number[];
  readonly memoryMb: number[];
}

export async function starts(): Promise<Figure[]> {
  const [bare, service] = [noStarts(), noStarts()];
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`start: round ${round} of ${ROUNDS}`);
    await measure(bare, startBare('plain'));
    await measure(service, startService({ CACHE_PLUGIN_PATH: MEMORY_PLUGIN }));
  }
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

function noStarts(): Starts {
  return { listeningMs: [], answerMs: [], memoryMb: [] };
}

async function measure(of: Starts, starting: Promise<Server>): Promise<void> {
  await using server = await starting;
  of.listeningMs.push(server.listeningMs);
  of.answerMs.push(server.startMs);
  of.memoryMb.push((await pidusage(server.pid)).memory / 1e6);
}

function beside(serviceMs: readonly number[], bareMs: readonly number[]): string {
  return `${medianRatio(serviceMs, bareMs).toFixed(2)} (${median(serviceMs).toFixed(0)} ms beside ${median(bareMs).toFixed(0)} ms)`;
}
