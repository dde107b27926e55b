// Promise 2: an invalid value in the real Redis is computed again, overwritten and counted.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type CacheHealth, cacheHealth } from '../support/cache-health.js';
import { eventually } from '../support/eventually.js';
import { fibonacci } from '../support/fibonacci.js';
import { type Program, REDIS_PLUGIN, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { get } from '../support/request.js';

const LARGEST_N = 30;
const NS = Array.from({ length: LARGEST_N + 1 }, (_, n) => n);
const RIGHT = NS.map((n) => ({ result: fibonacci(n) }));
/** Enough for a look-up on a busy machine: none of those that are counted may time out. */
const CACHE_TIMEOUT_MS = 2_000;
const SLOWEST_MS = CACHE_TIMEOUT_MS + 4_000;

/** Values, as Lua expressions. */
const VALUES = [
  ['text', `'corrupt'`],
  ['an empty text', `''`],
  ['foreign JSON', `'{"result":6765}'`],
  ['null', `'null'`],
  ['NaN', `'NaN'`],
  ['a leading zero', `'06765'`],
  ['a sign', `'+6765'`],
  ['a negative number', `'-6765'`],
  ['a fraction', `'6765.0'`],
  ['an exponent', `'1e3'`],
  ['a hexadecimal number', `'0x10'`],
  ['a space before it', `' 6765'`],
  ['a line feed after it', `'6765\\n'`],
  ['full-width digits', `'６７６５'`],
  ['a number that is not exact', `'9007199254740993'`],
  ['a number that is too large', `'99999999999999999999'`],
  ['bytes that are not UTF-8', `'\\255\\254\\000\\128'`],
  ['a digit between bytes that are not UTF-8', `'\\1925\\255'`],
  ['10 kB of digits', `string.rep('7', 10 * 1024)`],
] as const;

/** Commands for one key, `n`, in Lua. */
const TYPES = [
  ['list', `'RPUSH', n, '6765'`],
  ['hash', `'HSET', n, 'value', '6765'`],
  ['set', `'SADD', n, '6765'`],
  ['sorted set', `'ZADD', n, 1, '6765'`],
  ['stream', `'XADD', n, '*', 'value', '6765'`],
] as const;

promise(2, () => {
  let redis: RedisServer;
  let program: Program;
  beforeAll(async () => {
    redis = await startRedis();
    const time = { CACHE_EXPIRATION: '10m', CACHE_TIMEOUT: `${CACHE_TIMEOUT_MS}ms` };
    const env = { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: redis.addr, LOG_LEVEL: 'info', ...time };
    program = await startProgram({ env });
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  const lay = (ns: string, command: string) =>
    redis.cli('EVAL', `for ${ns} do redis.call('DEL', n) redis.call(${command}) end`, '0');
  const askAll = () => Promise.all(NS.map((n) => get(program.url, `/fib/${n}`)));

  const areHits = async (): Promise<boolean> => {
    const answers = await askAll();
    return answers.every(({ headers }) => headers['cache-status'] === 'pluggable; hit');
  };
  /** MGET has no value for a key of another type. */
  const areOverwritten = async (): Promise<boolean> =>
    (await redis.cli('MGET', ...NS.map(String))) === RIGHT.map(({ result }) => result).join('\n');

  /** Requests every n and returns the number of look-ups by outcome. */
  async function answersAndOutcomes(): Promise<{ answers: Awaited<ReturnType<typeof askAll>>; outcomes: Lookups }> {
    const { lookups: before } = await cacheHealth(program);
    const answers = await askAll();
    const { lookups: after } = await cacheHealth(program);
    const outcomes = Object.entries(after).map(([outcome, count]) => [
      outcome,
      count - before[outcome as keyof Lookups],
    ]);
    return { answers, outcomes: Object.fromEntries(outcomes) as Lookups };
  }

  beforeEach(async () => {
    await redis.cli('FLUSHALL');
    await eventually('hits', areHits);
  });

  it.each(VALUES)('%s under every key is not a hit, is counted as corrupt, and is overwritten', async (_, value) => {
    await lay(`n = 0, ${LARGEST_N}`, `'SET', n, ${value}`);
    const { answers, outcomes } = await answersAndOutcomes();

    expect(answers.map(({ status }) => status)).toEqual(NS.map(() => 200));
    expect(answers.map(({ body }) => body)).toEqual(RIGHT);
    expect(answers.filter(({ headers }) => headers['cache-status'] === 'pluggable; hit')).toEqual([]);
    expect(outcomes).toMatchObject({ hit: 0, corrupt: NS.length });
    await eventually('the right values', areOverwritten);
    await eventually('hits', areHits);
  });

  it.each(TYPES)(
    'a %s under every key is not a hit, is counted as an error, and is overwritten',
    async (_, command) => {
      await lay(`n = 0, ${LARGEST_N}`, command);
      const { answers, outcomes } = await answersAndOutcomes();

      expect(answers.map(({ status }) => status)).toEqual(NS.map(() => 200));
      expect(answers.map(({ body }) => body)).toEqual(RIGHT);
      // Such a look-up fails. After many failures, the breaker skips Redis for a while.
      expect(outcomes).toMatchObject({ hit: 0, corrupt: 0 });
      expect(outcomes.error).toBeGreaterThanOrEqual(5);
      expect(outcomes.error + outcomes.open).toBe(NS.length);
      await eventually('the right values', areOverwritten);
      await eventually('hits', areHits);
    },
  );

  it.for([['1 MB', 'every key', `n = 0, ${LARGEST_N}`, 1] as const, ['20 MB', 'a key', 'n = 20, 20', 20] as const])(
    '%s under %s is not a hit, delays no request for long, and is overwritten',
    async ([, , keys, megabytes], { task }) => {
      await lay(keys, `'SET', n, string.rep('7', ${megabytes} * 1024 * 1024)`);
      const { answers, outcomes } = await answersAndOutcomes();
      const slowestMs = Math.max(...answers.map(({ durationMs }) => durationMs));
      figure(task, `slowest of ${answers.length} answers at the same time ${slowestMs.toFixed(0)} ms`);

      expect(answers.map(({ status }) => status)).toEqual(NS.map(() => 200));
      expect(answers.map(({ body }) => body)).toEqual(RIGHT);
      // Redis may refuse it, it may exceed CACHE_TIMEOUT, or it may be larger than the plugin reads.
      expect(outcomes.hit).toBeLessThan(NS.length);
      expect(slowestMs).toBeLessThan(SLOWEST_MS);
      await eventually('hits', areHits);
      await eventually('the right values', areOverwritten);
    },
  );
});

type Lookups = CacheHealth['lookups'];
