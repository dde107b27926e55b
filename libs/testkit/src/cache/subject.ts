// What the checks are run against: caches as they are needed, keys that nobody else has, and time that passes.
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cache, type CacheLookup, isCacheLookup } from '@pluggable/cache/contract';
import { expect, type TestContext } from 'vitest';

export interface CacheContractOptions {
  /** Opens a cache. Caches may share a back end, as two clients of one server do. */
  readonly create: () => Cache | Promise<Cache>;
  /** Moves the clock of all caches forward, in milliseconds. Without it time passes as it does. */
  readonly advance?: ((ms: number) => void | Promise<void>) | undefined;
}

/** Longer than a time to live by this, in milliseconds, because a back end may have a clock of its own. */
const TOLERANCE_MS = 25;
/** Longest time until a call has ended that nobody waits for, in milliseconds. */
const SETTLE_MS = 2_000;

export class Subject {
  private readonly caches: Cache[] = [];

  constructor(private readonly options: CacheContractOptions) {}

  /** Opens a cache, which is closed after the check. */
  async open(): Promise<Cache> {
    const cache = await this.options.create();
    this.caches.push(cache);
    return cache;
  }

  /** Opens a cache that has these optional methods; for one that has not, skips the check and says why. */
  async openWith<Name extends 'ping' | 'close'>(
    { skip }: Pick<TestContext, 'skip'>,
    ...methods: readonly Name[]
  ): Promise<Cache & Required<Pick<Cache, Name>>> {
    const cache = await this.open();
    const missing = methods.filter((method) => cache[method] === undefined);
    if (missing.length > 0) skip(`the cache has no ${missing.join(' and no ')}`);
    return cache as Cache & Required<Pick<Cache, Name>>;
  }

  async closeAll(): Promise<void> {
    await Promise.allSettled(this.caches.splice(0).map(async (cache) => await cache.close?.()));
  }

  /** A key that no other check uses. @param name a part of it, so that it can be special */
  key(name = 'key'): string {
    return `${randomUUID()} ${name}`;
  }

  get hasClock(): boolean {
    return this.options.advance !== undefined;
  }

  /** Lets time pass, at least as much as this, and by the cache's clock exactly. */
  async pass(ms: number): Promise<void> {
    await (this.options.advance ? this.options.advance(ms) : delay(ms));
  }

  /** Lets time pass until an entry that was written before must be over. */
  async outlive(ttlMs: number): Promise<void> {
    await this.pass(this.hasClock ? ttlMs : ttlMs + TOLERANCE_MS);
  }
}

/** Looks a key up and wants that value. */
export async function expectHit(cache: Cache, key: string, value: string): Promise<void> {
  const lookup = await lookUp(cache, key);
  const found = lookup.status === 'hit' ? { status: 'hit', value: brief(lookup.value) } : lookup;
  expect(found, `what is kept under ${JSON.stringify(brief(key))}`).toEqual({ status: 'hit', value: brief(value) });
}

/** Looks a key up and wants that there is nothing, expired or not. */
export async function expectMiss(cache: Cache, key: string): Promise<void> {
  const lookup = await lookUp(cache, key);
  expect(['not-found', 'expired'], 'the ways to miss').toContain(lookup.status);
}

/** What calls answer that nobody may wait for any more. They may reject, but each must end. */
export async function answersOf<Answer>(calls: readonly Promise<Answer>[]): Promise<Answer[]> {
  const giveUp = new AbortController();
  const tooLate = delay(SETTLE_MS, undefined, { signal: giveUp.signal }).catch(() => undefined);
  const outcomes = await Promise.race([Promise.allSettled(calls), tooLate]);
  giveUp.abort();
  expect(outcomes, `the outcomes of all calls after ${SETTLE_MS} ms`).toBeDefined();
  return (outcomes ?? []).flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}

async function lookUp(cache: Cache, key: string): Promise<CacheLookup> {
  const lookup = await cache.get(key);
  expect(isCacheLookup(lookup), 'whether the answer keeps the contract').toBe(true);
  return lookup;
}

/** A long text by its length and hash, so that a difference can be printed. */
function brief(text: string): string {
  return text.length <= 200 ? text : `${text.length} characters, ${createHash('sha256').update(text).digest('hex')}`;
}
