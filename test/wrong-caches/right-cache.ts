// A correct cache with its own clock: the base of the wrong ones.
import { setImmediate as turn } from 'node:timers/promises';
import { assertTtl, type Cache, type CacheLookup } from '@pluggable/cache/contract';
import type { CallOptions } from '@pluggable/contract';

/** The kit advances it. */
export const clock = { nowMs: 0 };

export interface Lease {
  readonly token: string;
  expiresAtMs: number;
}

export class RightCache implements Cache {
  /** By key, expired ones included. */
  readonly leases = new Map<string, Lease>();
  isUsed = false;
  isClosed = false;
  private readonly entries = new Map<string, { readonly value: string; expiresAtMs: number }>();

  async get(key: string, options?: CallOptions): Promise<CacheLookup> {
    this.begin(options);
    await turn();
    const entry = this.entries.get(key);
    if (entry === undefined) return { status: 'not-found' };
    return clock.nowMs < entry.expiresAtMs ? { status: 'hit', value: entry.value } : { status: 'expired' };
  }

  async set(key: string, value: string, ttlMs: number, options?: CallOptions): Promise<void> {
    this.begin(options);
    assertTtl(ttlMs);
    await turn();
    this.entries.set(key, { value, expiresAtMs: clock.nowMs + ttlMs });
  }

  async acquire(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<boolean> {
    this.begin(options);
    assertTtl(ttlMs);
    await turn();
    if (this.heldLease(key) !== undefined) return false;
    this.leases.set(key, { token, expiresAtMs: clock.nowMs + ttlMs });
    return true;
  }

  async renew(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<boolean> {
    this.begin(options);
    assertTtl(ttlMs);
    await turn();
    const lease = this.heldLease(key);
    if (lease?.token !== token) return false;
    lease.expiresAtMs = clock.nowMs + ttlMs;
    return true;
  }

  async release(key: string, token: string, options?: CallOptions): Promise<void> {
    this.begin(options);
    await turn();
    if (this.heldLease(key)?.token === token) this.leases.delete(key);
  }

  async ping(options?: CallOptions): Promise<void> {
    this.begin(options);
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

  /** The remaining time to live of a key, 0 without a value. */
  leftMs(key: string): number {
    return Math.max(0, (this.entries.get(key)?.expiresAtMs ?? 0) - clock.nowMs);
  }

  heldLease(key: string): Lease | undefined {
    const lease = this.leases.get(key);
    return lease !== undefined && clock.nowMs < lease.expiresAtMs ? lease : undefined;
  }

  private begin(options: CallOptions | undefined): void {
    options?.signal?.throwIfAborted();
    if (this.isClosed) throw new Error('the cache is closed');
    this.isUsed = true;
  }
}
