// GET /fib/:n of the built program: results, cache, refusals.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.js';
import { fixture, MEMORY_PLUGIN, type Program, startProgram } from './support/program.js';
import { ask, get } from './support/request.js';

describe('with the memory plugin', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram({ env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN } });
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it('computes the first time and answers from the cache the second time', async () => {
    const first = await get(program.url, '/fib/40');
    const second = await get(program.url, '/fib/40');
    const later = [await get(program.url, '/fib/40'), await get(program.url, '/fib/40')];

    expect(first.body).toEqual({ result: 102_334_155 });
    expect(first.headers['cache-status']).toBe('pluggable; fwd=uri-miss');
    expect(second.body).toEqual({ result: 102_334_155 });
    expect(second.headers['cache-status']).toBe('pluggable; hit');
    // The machine may delay one of them.
    const hitMs = Math.min(...[second, ...later].map(({ durationMs }) => durationMs));
    expect(hitMs).toBeLessThan(first.durationMs / 10);
    await program.caughtUp();
    expect(program.logged('fib(n) calculated', { n: 40 })).toHaveLength(1);
  });

  it.each([
    [0, 0],
    [1, 1],
    [2, 1],
    [30, 832_040],
  ])('caches fib(%i) = %i, also a falsy value', async (n, result) => {
    const first = await get(program.url, `/fib/${n}`);
    const second = await get(program.url, `/fib/${n}`);

    expect([first.body, second.body]).toEqual([{ result }, { result }]);
    expect(second.headers['cache-status']).toBe('pluggable; hit');
  });

  it('answers with JSON and with Server-Timing', async () => {
    const { status, headers } = await get(program.url, '/fib/10');

    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['server-timing']).toMatch(/^cache;dur=[\d.]+, compute;dur=[\d.]+$/);
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('answers HEAD like GET, without a body', async () => {
    const { status, headers, body } = await ask(program.url, '/fib/7', { method: 'HEAD' }).answer;

    expect([status, headers['content-length'], body]).toEqual([200, '13', undefined]);
  });

  it.each(['abc', '51', '%FF'])('refuses %s with the range, in the common shape of errors', async (n) => {
    const { status, headers, body } = await get(program.url, `/fib/${n}`);

    expect(status).toBe(400);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'n must be a whole number from 0 to 50, written without sign, leading zeros or exponent',
      error: 'invalid value',
    });
  });

  it.each(['/x', '/fib', '/fib/', '/fib/5/', '/FIB/5', '/fib/5/6', '/%FF', '/nope?n=%FF'])(
    'answers 404 in the same shape for %s',
    async (path) => {
      const { status, headers, body } = await get(program.url, path);

      expect(status).toBe(404);
      expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(body).toMatchObject({ type: 'about:blank', title: 'Not Found', status: 404, error: 'not found' });
    },
  );

  it.each([
    ['POST', '/fib/5'],
    ['DELETE', '/fib/5'],
    ['PUT', '/health/live'],
  ])('answers 405 in the same shape, with Allow, for %s %s', async (method, path) => {
    const { status, headers, body } = await ask(program.url, path, { method }).answer;

    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    expect(body).toMatchObject({ title: 'Method Not Allowed', status: 405, error: 'method not allowed' });
  });
});

describe('when an entry expires', () => {
  it('computes again, and the plugin logs that the key expired', async () => {
    await using program = await startProgram({
      env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_EXPIRATION: '200ms' },
    });
    await get(program.url, '/fib/20');
    const stale = await eventually('an expired entry', async () => {
      const { headers } = await get(program.url, '/fib/20');
      return headers['cache-status'] === 'pluggable; fwd=stale';
    });

    expect(stale).toBe(true);
    await program.line('[plugin/cache-memory] key expired', { key: '20' });
    await program.line('cache miss; calculating the fib(n)', { n: 20, cache_error: 'cache: key expired' });
    await program.caughtUp();
    expect(program.logged('fib(n) calculated', { n: 20 })).toHaveLength(2);
  });
});

describe('without a plugin', () => {
  it('logs that once and computes each time', async () => {
    await using program = await startProgram();
    const answers = [await get(program.url, '/fib/25'), await get(program.url, '/fib/25')];

    expect(answers.map((answer) => answer.body)).toEqual([{ result: 75_025 }, { result: 75_025 }]);
    expect(program.logged('no cache plugin configured; using nop cache')).toHaveLength(1);
    await program.caughtUp();
    expect(program.logged('fib(n) calculated', { n: 25 })).toHaveLength(2);
  });
});

describe('with a plugin that fails', () => {
  it.each(['rejecting.mjs', 'wrong-answer.mjs', 'never-answers.mjs'])(
    'computes and answers 200 with %s',
    async (name) => {
      await using program = await startProgram({
        env: { CACHE_PLUGIN_PATH: fixture(name), CACHE_TIMEOUT: '50ms' },
      });
      const answers = [await get(program.url, '/fib/20'), await get(program.url, '/fib/20')];

      expect(answers.map((answer) => [answer.status, answer.body])).toEqual(
        answers.map(() => [200, { result: 6_765 }]),
      );
      await program.line('cache look-ups fail and count as misses');
      expect(answers[0]?.headers['cache-status']).toBe('pluggable; fwd=miss');
    },
  );
});

describe('with a plugin that returns an invalid value', () => {
  it.each(['6765 or so', '06765', '6.765e3', '', '-1', '9999999999999999'])(
    'computes, overwrites and answers correctly: %j',
    async (value) => {
      await using program = await startProgram({
        env: { CACHE_PLUGIN_PATH: fixture('holds-garbage.mjs'), GARBAGE: value || 'EMPTY' },
      });

      expect((await get(program.url, '/fib/20')).body).toEqual({ result: 6_765 });
      await program.line('cache miss; calculating the fib(n)', {
        cache_error: 'cache: value is not a canonical decimal',
      });
      const second = await eventually('a hit', async () => {
        const answer = await get(program.url, '/fib/20');
        return answer.headers['cache-status'] === 'pluggable; hit' && answer;
      });
      expect(second.body).toEqual({ result: 6_765 });
    },
  );
});
