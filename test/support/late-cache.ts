// A common back end as one process sees it through its host: calls take effect late and in order, and are given up at a deadline.
import type { Cache } from '@pluggable/cache';
import type { CallOptions } from '@pluggable/contract';
import type { SharedCache } from './shared-cache.js';

const DEADLINE_MS = 100;

export class LateCache implements Required<Omit<Cache, 'ping' | 'close'>> {
  /** How long calls take, in milliseconds, in rotation. */
  delaysMs: readonly number[] = [0];
  private calls = 0;
  /** The effect of the last call. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly shared: SharedCache) {}

  get = (key: string, options?: CallOptions) => this.call(() => this.shared.get(key), options);

  set = (key: string, value: string, ttlMs: number, options?: CallOptions) =>
    this.call(() => this.shared.set(key, value, ttlMs), options);

  acquire = (key: string, token: string, ttlMs: number, options?: CallOptions) =>
    this.call(() => this.shared.acquire(key, token, ttlMs), options);

  renew = (key: string, token: string, ttlMs: number, options?: CallOptions) =>
    this.call(() => this.shared.renew(key, token, ttlMs), options);

  release = (key: string, token: string, options?: CallOptions) =>
    this.call(() => this.shared.release(key, token), options);

  private async call<Answer>(effect: () => Promise<Answer>, { signal }: CallOptions = {}): Promise<Answer> {
    signal?.throwIfAborted();
    const ended = Promise.withResolvers<Answer>();
    const delayMs = this.delaysMs[this.calls++ % this.delaysMs.length];
    const due = new Promise<void>((resolve) => setTimeout(resolve, delayMs));
    this.last = Promise.all([this.last, due]).then(() => effect().then(ended.resolve, ended.reject));
    const error = Object.assign(new Error('no answer in time'), { code: 'PLUGIN_CALL_TIMEOUT' });
    const deadline = setTimeout(() => ended.reject(error), DEADLINE_MS);
    const leave = (): void => ended.reject(signal?.reason);
    signal?.addEventListener('abort', leave);
    try {
      return await ended.promise;
    } finally {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', leave);
    }
  }
}
