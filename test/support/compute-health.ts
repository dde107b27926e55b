// What a program says of its computations.
import { isDeepStrictEqual } from 'node:util';
import { eventually } from './eventually.js';
import type { Program } from './program.js';
import { get } from './request.js';

export interface ComputeHealth {
  readonly workers: number;
  readonly busy: number;
  readonly queued: number;
  readonly flights: number;
}

export async function computeHealth(program: Program): Promise<ComputeHealth> {
  const { body } = await get(program.url, '/health/ready');
  return (body as { details: { compute: ComputeHealth } }).details.compute;
}

/** Waits until it is so. */
export async function untilCompute(program: Program, wanted: Partial<ComputeHealth>): Promise<void> {
  await eventually(`the computations to be ${JSON.stringify(wanted)}`, async () => {
    const found = await computeHealth(program);
    return isDeepStrictEqual({ ...found, ...wanted }, found);
  });
}
