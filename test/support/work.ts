// What a program has in hand, as its readiness tells: computations, those that wait for them, requests, connections.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Program } from './program.js';
import { get } from './request.js';

export interface Work {
  readonly compute: { readonly busy: number; readonly queued: number; readonly flights: number };
  /** That of the question itself is among them. */
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

/** Asks until the answer is as wanted, and fails with the last answer when that takes too long. */
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

/** A part of what there is, for expectWork. */
export function computing(compute: Partial<Work['compute']>): unknown {
  return expect.objectContaining({ compute: expect.objectContaining(compute) });
}
