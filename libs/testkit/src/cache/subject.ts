// The test subject of all checks: opens caches, creates unique keys and lets time pass.
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cache, type CacheLookup, isCacheLookup } from '@pluggable/cache/contract';
import { expect, type TestContext } from 'vitest';

/** Options of {@link describeCacheContract}. */
export interface CacheContractOptions {
  /** Opens a cache. Several caches may share a back end, as clients of one server do. */
  readonly create: () => Cache | Promise<Cache>;
  /** Advances the clock of all caches, in milliseconds. @default the checks wait in real time */
  readonly advance?: ((ms: number) => void | Promise<void>) | undefined;
  /**
   * Whether the back end can renew and release leases. If false, `renew` must answer false and `release` must resolve; the other
   * checks of these methods are skipped with a reason. @default true
   */
  readonly canRenewLeases?: boolean | undefined;
}

/** A cache with these optional methods. */
type CacheWith<Name extends keyof Cache> = Cache & Required<Pick<Cache, Name>>;
export type CacheWithLeases = CacheWith<LeaseMethod>;

export const LEASE_METHODS = ['acquire', 'renew', 'release'] as const;
type LeaseMethod = (typeof LEASE_METHODS)[number];

/** Extra wait after a time to live, in milliseconds: a back end may have a different clock. */
const TOLERANCE_MS = 25;
/** Longest time until an aborted call resolves or rejects, in milliseconds. */
const SETTLE_MS = 2_000;

export class Subject {
  private readonly caches: Cache[] = [];

  constructor(private readonly options: CacheContractOptions) {}

  /** Opens a cache. It is closed after the check. */
  async open(): Promise<Cache> {
    const cache = await this.options.create();
    this.caches.push(cache);
    return cache;
  }

  /** Opens a cache with these optional methods. If the cache does not have them, the check is skipped with a reason. */
  async openWith<Name extends 'ping' | 'close' | LeaseMethod>(
    { skip }: Pick<TestContext, 'skip'>,
    ...methods: readonly Name[]
  ): Promise<CacheWith<Name>> {
    const cache = await this.open();
    const missing = methods.filter((method) => cache[method] === undefined);
    if (missing.length > 0) skip(`the cache has no ${missing.join(' and no ')}`);
    return cache as CacheWith<Name>;
  }

  /** Opens a cache with leases that can be renewed and released. If it cannot, the check is skipped with a reason. */
  async openRenewing(check: Pick<TestContext, 'skip'>): Promise<CacheWithLeases> {
    const cache = await this.openWith(check, ...LEASE_METHODS);
    if (!this.canRenewLeases) check.skip('the back end cannot renew or release leases');
    return cache;
  }

  get canRenewLeases(): boolean {
    return this.options.canRenewLeases ?? true;
  }

  async closeAll(): Promise<void> {
    await Promise.allSettled(this.caches.splice(0).map(async (cache) => await cache.close?.()));
  }

  /** Returns a unique key. @param name its end */
  key(name = 'key'): string {
    return `${randomUUID()} ${name}`;
  }

  get hasClock(): boolean {
    return this.options.advance !== undefined;
  }

  /** Lets at least this time pass; exactly this time if the cache's clock can be advanced. */
  async pass(ms: number): Promise<void> {
    await (this.options.advance ? this.options.advance(ms) : delay(ms));
  }

  /** Lets time pass until an existing entry must have expired. */
  async outlive(ttlMs: number): Promise<void> {
    await this.pass(this.hasClock ? ttlMs : ttlMs + TOLERANCE_MS);
  }
}

/** Expects this value under the key. */
export async function expectHit(cache: Cache, key: string, value: string): Promise<void> {
  const lookup = await lookUp(cache, key);
  const found = lookup.status === 'hit' ? { status: 'hit', value: brief(lookup.value) } : lookup;
  expect(found, `the look-up of ${JSON.stringify(brief(key))}`).toEqual({ status: 'hit', value: brief(value) });
}

/** Expects no value under the key. */
export async function expectMiss(cache: Cache, key: string): Promise<void> {
  const lookup = await lookUp(cache, key);
  expect(['not-found', 'expired'], 'the status of a miss').toContain(lookup.status);
}

/** Returns the answers of calls that may be aborted. A call may reject, but it must not hang. */
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
  expect(isCacheLookup(lookup), 'whether the answer matches the contract').toBe(true);
  return lookup;
}

/** Replaces a long text by its length and hash, so that a difference can be printed. */
function brief(text: string): string {
  return text.length <= 200 ? text : `${text.length} characters, ${createHash('sha256').update(text).digest('hex')}`;
}
