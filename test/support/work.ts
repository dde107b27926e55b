// The work of a program, from its readiness: computations, waiting requests, requests, connections.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Program } from './program.js';
import { get } from './request.js';

export interface Work {
  readonly compute: { readonly busy: number; readonly queued: number; readonly flights: number };
  /** Includes the readiness request itself. */
  readonly http: { readonly requests: number; readonly connections: number };
}

const PATIENCE_MS = 10_000;
const PAUSE_MS = 5;

export async function workOf(program: Program): Promise<Work> {
  const { body } = await get(program.url, '/health/ready');
  const { compute, http } = (body as { details: Work }).details;
  const { busy, queued, flights } = compute;
  const { requests, connections } = http;
  return { compute: { busy, queued, flights }, http: { requests, connections } };
}

/** Polls until the work is as wanted, and fails with the last answer at the time limit. */
export async function expectWork(program: Program, wanted: unknown): Promise<void> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      expect(await workOf(program)).toEqual(wanted);
      return;
    } catch (error) {
      if (performance.now() > giveUpMs) throw error;
      await delay(PAUSE_MS);
    }
  }
}

/** Some fields of the work, for expectWork. */
export function computing(compute: Partial<Work['compute']>): unknown {
  return expect.objectContaining({ compute: expect.objectContaining(compute) });
}
