// A cache that keeps the contract, on a clock of its own: what the wrong ones are made from.
import { setImmediate as turn } from 'node:timers/promises';
import { assertTtl, type Cache, type CacheCall, type CacheLookup } from '@pluggable/cache/contract';

/** The kit moves it. */
export const clock = { nowMs: 0 };

export class RightCache implements Cache {
  isUsed = false;
  isClosed = false;
  private readonly entries = new Map<string, { readonly value: string; expiresAtMs: number }>();

  async get(key: string, call?: CacheCall): Promise<CacheLookup> {
    this.begin(call);
    await turn();
    const entry = this.entries.get(key);
    if (entry === undefined) return { status: 'not-found' };
    return clock.nowMs < entry.expiresAtMs ? { status: 'hit', value: entry.value } : { status: 'expired' };
  }

  async set(key: string, value: string, ttlMs: number, call?: CacheCall): Promise<void> {
    this.begin(call);
    assertTtl(ttlMs);
    await turn();
    this.entries.set(key, { value, expiresAtMs: clock.nowMs + ttlMs });
  }

  async ping(call?: CacheCall): Promise<void> {
    this.begin(call);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  keys(): string[] {
    return [...this.entries.keys()];
  }

  forget(key: string): void {
    this.entries.delete(key);
  }

  expireAt(key: string, ms: number): void {
    const entry = this.entries.get(key);
    if (entry !== undefined) entry.expiresAtMs = ms;
  }

  /** What is left of the time to live of a key, 0 when there is none. */
  leftMs(key: string): number {
    return Math.max(0, (this.entries.get(key)?.expiresAtMs ?? 0) - clock.nowMs);
  }

  private begin(call: CacheCall | undefined): void {
    call?.signal?.throwIfAborted();
    if (this.isClosed) throw new Error('the cache is closed');
    this.isUsed = true;
  }
}
