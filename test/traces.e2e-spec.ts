// Traces: the spans of a request at a real collector, and its ids in answer and log.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.js';
import { OtlpReceiver } from './support/otlp-receiver.js';
import { MEMORY_PLUGIN, type Program, REDIS_PLUGIN, startProgram } from './support/program.js';
import { type RedisServer, startRedis } from './support/redis.js';
import { ask, get } from './support/request.js';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe.each(['inline', 'process'])('a miss through the Redis plugin, %s', (isolation) => {
  let redis: RedisServer;
  let receiver: OtlpReceiver;
  let program: Program;
  beforeAll(async () => {
    [redis, receiver] = [await startRedis(), await OtlpReceiver.start()];
    program = await startProgram({
      env: {
        ...receiver.env,
        CACHE_PLUGIN_PATH: REDIS_PLUGIN,
        CACHE_PLUGIN_ISOLATION: isolation,
        REDIS_ADDR: redis.addr,
      },
    });
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
    await redis.kill();
  });

  it('is one trace: request, look-up, computation, write, and the commands of Redis', async () => {
    const { status } = await ask(program.url, '/fib/23', { headers: { traceparent: PARENT } }).answer;
    expect(status).toBe(200);
    const request = await eventually('the request', () => receiver.named('GET /fib/:n'));
    const write = await eventually('the write', () => receiver.named('cache.set'));
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const inTrace = (): typeof receiver.spans => receiver.spans.filter((span) => span.traceId === traceId);
    const operations = await eventually('the commands', () => {
      const found = inTrace().filter(({ name }) => name === 'ioredis:command');
      return found.length >= 2 && found;
    });
    const lookup = inTrace().find(({ name }) => name === 'cache.get');
    const computation = inTrace().find(({ name }) => name === 'compute');

    expect(request).toMatchObject({
      traceId,
      parentSpanId: 'b7ad6b7169203331',
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/fib/:n',
        'http.response.status_code': 200,
        'url.path': '/fib/23',
      },
    });
    expect([lookup?.parentSpanId, computation?.parentSpanId, write.parentSpanId]).toEqual(
      Array(3).fill(request.spanId),
    );
    expect(computation?.attributes).toEqual({ 'fibonacci.n': 23 });
    expect(lookup?.attributes).toMatchObject({ 'pluggable.plugin': 'cache-redis', 'pluggable.isolation': isolation });
    const commandOf = (parent: string | undefined): unknown =>
      operations.find(({ parentSpanId }) => parentSpanId === parent)?.attributes['command'];
    expect(String(commandOf(lookup?.spanId)).toLowerCase()).toContain('get');
    expect(String(commandOf(write.spanId)).toLowerCase()).toContain('set');
  });

  it('has the ids of its trace in the log line', async () => {
    await ask(program.url, '/fib/24', { headers: { traceparent: PARENT } }).answer;
    const line = await program.line('request completed', { url: '/fib/24' });
    expect(line).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: expect.stringMatching(/^\w{16}$/),
    });
  });
});

it('a collector that is not reachable delays no request, and the end only for a moment', async () => {
  await using program = await startProgram({
    env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
  });
  expect((await get(program.url, '/fib/20')).durationMs).toBeLessThan(2_000);
  program.signal('SIGTERM');
  expect((await program.ended()).code).toBe(0);
});

describe('X-Request-Id', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram({ env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN } });
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it.each(['/fib/20', '/fib/20', '/fib/x', '/nothing'])(
    'of the request comes back and is in the log: %s',
    async (path) => {
      const id = `client-${path}-${performance.now()}`;
      const { headers } = await ask(program.url, path, { headers: { 'X-Request-Id': id } }).answer;
      expect(headers['x-request-id']).toBe(id);
      await program.line('request completed', { url: path, requestId: id });
    },
  );

  it.each(['', 'x'.repeat(129), 'with blank', '<script>'])('is replaced if it is unsafe: %j', async (id) => {
    const { headers } = await ask(program.url, '/fib/20', { headers: { 'X-Request-Id': id } }).answer;
    expect(headers['x-request-id']).toMatch(/^[\w-]{8}-[0-9a-z]+$/);
  });

  it('is different for each request', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(program.url, '/fib/20')));
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(20);
  });
});
