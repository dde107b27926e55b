// The abort state of a call: the part of AbortSignal that the host uses.
import { describe, expect, it, vi } from 'vitest';
import { abortSignalOf, CallLife } from './call-life.js';

describe('CallLife', () => {
  it('calls its listener once, on the abort', () => {
    const life = new CallLife();
    const listener = vi.fn<() => void>();
    life.addEventListener('abort', listener);
    expect(life.aborted).toBe(false);
    life.abort();
    life.abort();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(life.aborted).toBe(true);
    expect(life.reason).toMatchObject({ name: 'AbortError' });
  });

  it('does not call a removed listener, and removes no other listener', () => {
    const life = new CallLife();
    const [gone, stays] = [vi.fn<() => void>(), vi.fn<() => void>()];
    life.addEventListener('abort', gone);
    life.removeEventListener('abort', gone);
    life.addEventListener('abort', stays);
    life.removeEventListener('abort', gone);
    life.abort();
    expect(gone).not.toHaveBeenCalled();
    expect(stays).toHaveBeenCalledTimes(1);
  });

  it('returns one signal, which is aborted with it', () => {
    const life = new CallLife();
    const signal = abortSignalOf(life);
    const listener = vi.fn<() => void>();
    signal.addEventListener('abort', listener);
    expect(abortSignalOf(life)).toBe(signal);
    life.abort();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(signal.reason).toBe(life.reason);
  });

  it('returns an aborted signal after the abort', () => {
    const life = new CallLife();
    life.abort();
    expect(abortSignalOf(life)).toMatchObject({ aborted: true, reason: { name: 'AbortError' } });
  });

  it('returns an AbortSignal unchanged', () => {
    const { signal } = new AbortController();
    expect(abortSignalOf(signal)).toBe(signal);
  });
});
