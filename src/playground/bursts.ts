// Bursts: many equal requests at the same time. A browser sends only a few at once.
import { Injectable } from '@nestjs/common';
import { ClientGone } from '@pluggable/http-server';
import { lastValueFrom, type Observable, takeUntil, throwIfEmpty } from 'rxjs';
import { Failure } from '../fibonacci/failure.js';
import { FibonacciService } from '../fibonacci/fibonacci.service.js';
import type { BurstRequest, BurstResult } from './page-facts.js';

/** Shortest time between the starts of two bursts, in milliseconds. */
const PAUSE_MS = 1_000;

type Outcome = 'hit' | 'computed' | 'joined' | 'refused' | 'timed-out';

@Injectable()
export class Bursts {
  private isRunning = false;
  private nextMs = -Infinity;

  constructor(private readonly service: FibonacciService) {}

  /** Time until the next burst is accepted, in milliseconds; 0 when it is accepted now. */
  get waitMs(): number {
    return Math.max(this.isRunning ? PAUSE_MS : 0, this.nextMs - performance.now());
  }

  /**
   * Runs a burst. Only one runs at a time: see {@link waitMs}.
   * @param id the id of the request that asks for the burst; its requests have the ids `id/1`, `id/2` and so on
   * @param gone$ emits when the client of the burst leaves, which cancels its requests
   * @throws ClientGone
   */
  async run({ n, count }: BurstRequest, id: string, gone$: Observable<unknown>): Promise<BurstResult> {
    this.isRunning = true;
    const startedMs = performance.now();
    this.nextMs = startedMs + PAUSE_MS;
    try {
      const outcomes = await Promise.all(
        Array.from({ length: count }, (_, index) => this.request(n, `${id}/${index + 1}`, gone$)),
      );
      const number = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
      return {
        n,
        count,
        hits: number('hit'),
        computed: number('computed'),
        joined: number('joined'),
        refused: number('refused'),
        timedOut: number('timed-out'),
        durationMs: Math.round(performance.now() - startedMs),
      };
    } finally {
      this.isRunning = false;
    }
  }

  private async request(n: number, id: string, gone$: Observable<unknown>): Promise<Outcome> {
    const found = await this.service.find(n, id);
    if ('value' in found) return 'hit';
    const { isUnderWay, flight$ } = found.compute();
    try {
      const answer$ = flight$.pipe(
        takeUntil(gone$),
        throwIfEmpty(() => new ClientGone()),
      );
      const { isFromOtherProcess } = await lastValueFrom(answer$);
      return isUnderWay || isFromOtherProcess ? 'joined' : 'computed';
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return error.kind === 'overloaded' ? 'refused' : 'timed-out';
    }
  }
}
