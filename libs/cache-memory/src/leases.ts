// Leases in the memory of one process. They expire by their own time stamps, without a timer.

interface Lease {
  readonly token: string;
  /** On the clock of `performance.now()`. */
  readonly expiresAtMs: number;
}

/** Largest number of leases. Beyond it, the oldest lease is dropped: a duplicate computation is a cost, not an error. */
const MAX_LEASES = 10_000;

export class Leases {
  /** By key; the last acquired or renewed is the last. */
  private readonly leases = new Map<string, Lease>();

  acquire(key: string, token: string, ttlMs: number): boolean {
    if (this.held(key) !== undefined) return false;
    this.dropOldest();
    this.put(key, token, ttlMs);
    return true;
  }

  renew(key: string, token: string, ttlMs: number): boolean {
    if (this.held(key)?.token !== token) return false;
    this.put(key, token, ttlMs);
    return true;
  }

  release(key: string, token: string): boolean {
    return this.held(key)?.token === token && this.leases.delete(key);
  }

  clear(): void {
    this.leases.clear();
  }

  private held(key: string): Lease | undefined {
    const lease = this.leases.get(key);
    return lease !== undefined && isHeld(lease) ? lease : undefined;
  }

  private put(key: string, token: string, ttlMs: number): void {
    this.leases.delete(key);
    this.leases.set(key, { token, expiresAtMs: performance.now() + ttlMs });
  }

  /** Drops expired leases up to the first that is held, and makes room for one more. */
  private dropOldest(): void {
    for (const [key, lease] of this.leases) {
      if (isHeld(lease) && this.leases.size < MAX_LEASES) return;
      this.leases.delete(key);
    }
  }
}

function isHeld({ expiresAtMs }: Lease): boolean {
  return performance.now() < expiresAtMs;
}
