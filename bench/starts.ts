// How long the service takes to start, and how much memory it has then.
import pidusage from 'pidusage';
import { type Figure, median, medianRatio, progress } from './figure.ts';
import { MEMORY_PLUGIN, startBare, startService } from './server.ts';

const ROUNDS = 5;

export async function starts(): Promise<Figure[]> {
  const bareMs: number[] = [];
  const serviceMs: number[] = [];
  const bareMb: number[] = [];
  const serviceMb: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`start: round ${round} of ${ROUNDS}`);
    await using bare = await startBare('plain');
    bareMs.push(bare.startMs);
    bareMb.push((await pidusage(bare.pid)).memory / 1e6);
    await using service = await startService({ CACHE_PLUGIN_PATH: MEMORY_PLUGIN });
    serviceMs.push(service.startMs);
    serviceMb.push((await pidusage(service.pid)).memory / 1e6);
  }
  return [
    {
      what: 'start until the first 200, beside the bare route',
      measured: `${medianRatio(serviceMs, bareMs).toFixed(2)} (${median(serviceMs).toFixed(0)} ms beside ${median(bareMs).toFixed(0)} ms)`,
    },
    {
      what: 'resident memory after the start, beside the bare route',
      measured: `${median(serviceMb).toFixed(0)} MB beside ${median(bareMb).toFixed(0)} MB`,
    },
  ];
}
