// A back end that several processes share: values and leases in memory, on the clock of the test, with faults.
import type { Cache, CacheLookup } from '@pluggable/cache';

export type CacheMethod = 'get' | 'set' | 'acquire' | 'renew' | 'release';

interface Entry {
  readonly value: string;
  readonly endMs: number;
}

/** An error as the host rejects a call. */
function callError(code: string): Error {
  return Object.assign(new Error(`no answer: ${code}`), { code });
}

export class SharedCache implements Cache {
  readonly values = new Map<string, Entry>();
  readonly leases = new Map<string, Entry>();
  /** All calls so far: `acquire 40`. */
  readonly calls: string[] = [];
  /** The error of each call of a method, after the call has taken effect or instead. */
  readonly faults = new Map<CacheMethod, { readonly error: Error; readonly isDone: boolean }>();
  /** Each call of a method waits for it after it has taken effect. */
  readonly gates = new Map<CacheMethod, Promise<void>>();
  /** Called before each call takes effect. */
  before: (call: string) => void = () => undefined;

  fail(method: CacheMethod, code: string, isDone = false): void {
    this.faults.set(method, { error: callError(code), isDone });
  }

  async get(key: string): Promise<CacheLookup> {
    return await this.call('get', key, () => {
      const entry = live(this.values, key);
      return entry === undefined ? { status: 'not-found' } : { status: 'hit', value: entry.value };
    });
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.call('set', key, () => this.values.set(key, { value, endMs: performance.now() + ttlMs }));
  }

  async acquire(key: string, token: string, ttlMs: number): Promise<boolean> {
    return await this.call('acquire', key, () => {
      if (live(this.leases, key) !== undefined) return false;
      this.leases.set(key, { value: token, endMs: performance.now() + ttlMs });
      return true;
    });
  }

  async renew(key: string, token: string, ttlMs: number): Promise<boolean> {
    return await this.call('renew', key, () => {
      if (live(this.leases, key)?.value !== token) return false;
      this.leases.set(key, { value: token, endMs: performance.now() + ttlMs });
      return true;
    });
  }

  async release(key: string, token: string): Promise<void> {
    await this.call('release', key, () => {
      if (live(this.leases, key)?.value === token) this.leases.delete(key);
    });
  }

  /** The calls of some methods. */
  callsOf(...methods: readonly CacheMethod[]): string[] {
    return this.calls.filter((call) => methods.some((method) => call.startsWith(`${method} `)));
  }

  private async call<Answer>(method: CacheMethod, key: string, answer: () => Answer): Promise<Answer> {
    this.calls.push(`${method} ${key}`);
    this.before(`${method} ${key}`);
    const fault = this.faults.get(method);
    if (fault?.isDone === false) throw fault.error;
    const answered = answer();
    await this.gates.get(method);
    if (fault !== undefined) throw fault.error;
    return answered;
  }
}

function live(entries: ReadonlyMap<string, Entry>, key: string): Entry | undefined {
  const entry = entries.get(key);
  return entry !== undefined && entry.endMs > performance.now() ? entry : undefined;
}
