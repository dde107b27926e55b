// GET /openapi.json and GET /docs: the description agrees with the routes and with their real answers.
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOKEN } from './support/admin.js';
import { eventually } from './support/eventually.js';
import { scrape, seriesOf } from './support/metrics.js';
import { Description, type Document, documentOf, operationsOf, type RealAnswer } from './support/openapi.js';
import { fixture, MEMORY_PLUGIN, type Program, startProgram } from './support/program.js';
import { RawClient, requestFor } from './support/raw-client.js';
import { get } from './support/request.js';
import { computing, expectWork } from './support/work.js';

const PRINTS_ROUTES = ['--import', fixture('../hosts/prints-routes.mjs')];
const JSON_TYPE = { 'Content-Type': 'application/json' };
const ADMIN = { Authorization: `Bearer ${TOKEN}` };

async function answerOf(url: string, init: RequestInit = {}): Promise<RealAnswer> {
  const response = await fetch(url, init);
  const { status, headers } = response;
  return { status, headers, text: await response.text() };
}

function problemsOfExample(description: Description, name: string, status: string): string[] {
  const place = description.answer(name, status);
  if (place === undefined || place.description === '') return [`${name} ${status} has no description`];
  const contents = Object.entries(place.content ?? {}).filter(([type]) => type.endsWith('json'));
  if (name === 'GET /openapi.json' && status === '200') return [];
  return contents.flatMap(([type, { example }]) =>
    description.problemsOfBody(place, type, example).map((problem) => `${name} ${status}: ${problem}`),
  );
}

async function statusesOf(url: string, paths: readonly string[]): Promise<number[]> {
  return await Promise.all(paths.map(async (path) => (await get(url, path)).status));
}

describe.each([
  ['by default', {}],
  ['with ADMIN_TOKEN', { ADMIN_TOKEN: TOKEN }],
  ['with routes switched off and FIB_MAX_N=10', { METRICS: 'off', EVENTS: 'off', PLAYGROUND: 'off', FIB_MAX_N: '10' }],
])('the description, %s', (_, env: Readonly<Record<string, string>>) => {
  let program: Program;
  let document: Document;
  beforeAll(async () => {
    program = await startProgram({ env, nodeArgs: PRINTS_ROUTES });
    document = await documentOf(program);
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it('is valid OpenAPI', async () => {
    expect(await new Validator().validate({ ...structuredClone(document) })).toEqual({ valid: true });
    expect(document.openapi).toBe('3.1.0');
  });

  it('has exactly the routes that Express has', async () => {
    const { routes } = await program.line('routes');
    const registered = (routes as string[]).map((route) => route.replaceAll(/:(\w+)/g, '{$1}'));
    expect(registered).toContain('GET /fib/{n}');
    expect(operationsOf(document)).toEqual(registered.toSorted());
  });

  it('has a summary, path parameters and answers for each route, and an example for each JSON answer', () => {
    const description = new Description(document);
    const ids = operationsOf(document).map((name) => description.operation(name).operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const wanted = ['200', '400', '413', '431', '500', '503'];
    const problems = operationsOf(document).flatMap((name) => {
      const { summary = '', parameters, responses } = description.operation(name);
      const named = parameters.filter((parameter) => parameter.in === 'path').map((parameter) => `{${parameter.name}}`);
      const isComplete = summary !== '' && wanted.every((status) => status in responses);
      const hasParameters = named.toSorted().join() === (name.match(/\{\w+\}/g) ?? []).toSorted().join();
      return [
        ...(isComplete && hasParameters ? [] : [name]),
        ...Object.keys(responses).flatMap((status) => problemsOfExample(description, name, status)),
      ];
    });
    expect(problems).toEqual([]);
  });

  it('agrees with the configuration', () => {
    const [n] = new Description(document).operation('GET /fib/{n}').parameters;
    expect(n).toMatchObject({ name: 'n', schema: { minimum: 0, maximum: Number(env['FIB_MAX_N'] ?? '50') } });
    const isProtected = operationsOf(document).filter((name) =>
      new Description(document).operation(name).security?.some((scheme) => 'bearer' in scheme),
    );
    expect(isProtected).toEqual(operationsOf(document).filter((name) => name.includes('/admin/')));
    expect(Object.keys(document.components.securitySchemes ?? {})).toEqual('ADMIN_TOKEN' in env ? ['bearer'] : []);
  });
});

describe('real answers', () => {
  let program: Program;
  let description: Description;
  beforeAll(async () => {
    program = await startProgram({
      env: {
        CACHE_PLUGIN_PATH: MEMORY_PLUGIN,
        ADMIN_TOKEN: TOKEN,
        COMPUTE_WORKERS: '1',
        COMPUTE_TIMEOUT: '1s',
        HTTP_HEADERS_TIMEOUT: '1s',
      },
    });
    description = new Description(await documentOf(program));
  });
  afterAll(() => program[Symbol.asyncDispose]());

  const post = (body: string, headers: Readonly<Record<string, string>> = JSON_TYPE): RequestInit => ({
    method: 'POST',
    headers: { ...ADMIN, ...headers },
    body,
  });

  it.each<[status: number, operation: string, path: string, init?: RequestInit]>([
    [200, 'GET /fib/{n}', '/fib/20'],
    [400, 'GET /fib/{n}', '/fib/51'],
    [400, 'GET /fib/{n}', '/fib/05'],
    [504, 'GET /fib/{n}', '/fib/50'],
    [200, 'GET /health/live', '/health/live'],
    [200, 'GET /health/ready', '/health/ready'],
    [200, 'GET /metrics', '/metrics'],
    [200, 'GET /', '/'],
    [200, 'GET /playground/page.css', '/playground/page.css'],
    [200, 'POST /playground/bursts', '/playground/bursts', post('{"n":20,"count":3}')],
    [429, 'POST /playground/bursts', '/playground/bursts', post('{"n":20,"count":3}')],
    [400, 'POST /playground/bursts', '/playground/bursts', post('{"n":20}')],
    [200, 'GET /openapi.json', '/openapi.json'],
    [200, 'GET /docs', '/docs'],
    [200, 'GET /docs/{file}', '/docs/swagger-ui.css'],
    [404, 'GET /docs/{file}', '/docs/package.json'],
    [200, 'GET /admin/plugins', '/admin/plugins', { headers: ADMIN }],
    [401, 'GET /admin/plugins', '/admin/plugins'],
    [200, 'POST /admin/plugins', '/admin/plugins', { method: 'POST', headers: ADMIN }],
    [200, 'GET /admin/plugins/{kind}', '/admin/plugins/cache', { headers: ADMIN }],
    [404, 'GET /admin/plugins/{kind}/{name}', '/admin/plugins/cache/sessions', { headers: ADMIN }],
    [404, 'POST /admin/plugins/{kind}/{folder}/{name}', '/admin/plugins/cache/all/sessions', post('{"path":"a"}')],
    [200, 'POST /admin/plugins/{kind}', '/admin/plugins/cache', post(JSON.stringify({ path: MEMORY_PLUGIN }))],
    [400, 'POST /admin/plugins/{kind}', '/admin/plugins/cache', post('{"path":1}')],
    [413, 'POST /admin/plugins/{kind}', '/admin/plugins/cache', post(`{"path":"${'x'.repeat(20_000)}"}`)],
    [415, 'POST /admin/plugins/{kind}', '/admin/plugins/cache', post('{}', { ...JSON_TYPE, 'Content-Encoding': 'x' })],
    [422, 'POST /admin/plugins/{kind}', '/admin/plugins/cache', post('{"path":"none.mjs"}')],
  ])('%i of %s agrees with its description: %s', async (status, operation, path, init = {}) => {
    const answer = await answerOf(`${program.url}${path}`, init);
    expect(answer.status).toBe(status);
    expect(description.problemsOf(operation, answer)).toEqual([]);
  });

  it.each([
    [400, 'GET /fib/5 HTTP/1.1\r\n\r\n'],
    [408, 'GET /fib/5 HTTP/1.1\r\nHo'],
    [413, 'GET /fib/5 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}'],
    [417, requestFor('/fib/5', ['Expect: the unexpected'])],
    [429, requestFor('/fib/50').repeat(33)],
    [431, requestFor('/fib/5', [`X: ${'x'.repeat(20_000)}`])],
  ])('%i of the server itself agrees with the description', async (status, bytes) => {
    using client = await RawClient.connect(program.url);
    await client.send(bytes);
    const last = (await client.closed()).at(-1);
    const answer = { status: last?.status ?? 0, headers: new Headers(last?.headers), text: last?.body ?? '' };
    expect(answer.status).toBe(status);
    expect(description.problemsOf('GET /fib/{n}', answer)).toEqual([]);
  });

  it('of an overloaded service agree, too', async () => {
    await using busy = await startProgram({ env: { COMPUTE_WORKERS: '1', COMPUTE_MAX_WAIT: '1ms' } });
    const leaving = new AbortController();
    const first = fetch(`${busy.url}/fib/50`, { signal: leaving.signal }).catch(() => undefined);
    await expectWork(busy, computing({ busy: 1 }));
    const answer = await answerOf(`${busy.url}/fib/49`);
    leaving.abort();
    await first;

    expect(answer.status).toBe(503);
    expect(new Description(await documentOf(busy)).problemsOf('GET /fib/{n}', answer)).toEqual([]);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

describe('the page', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram();
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it('loads only files of the service, each with its type, under a strict policy', async () => {
    const { status, headers, text } = await answerOf(`${program.url}/docs`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toContain('unsafe-inline');
    expect(text).not.toMatch(/https?:|<style|style=|<script>/);

    const files = [...text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, file = '']) => file);
    expect(files).toHaveLength(4);
    const types = files.map(async (file) => {
      const answer = await answerOf(new URL(file, `${program.url}/docs`).href);
      expect([answer.status, answer.text.length > 50]).toEqual([200, true]);
      return answer.headers.get('content-type');
    });
    expect(await Promise.all(types)).toEqual([
      'image/png',
      'text/css; charset=utf-8',
      'text/javascript; charset=utf-8',
      'text/javascript; charset=utf-8',
    ]);
  });

  it('answers HEAD like GET, and other methods with 405', async () => {
    for (const path of ['/docs', '/docs/start.js', '/docs/swagger-ui-bundle.js', '/openapi.json']) {
      const [full, head] = await Promise.all([
        answerOf(`${program.url}${path}`),
        answerOf(`${program.url}${path}`, { method: 'HEAD' }),
      ]);
      expect([head.status, head.text]).toEqual([200, '']);
      for (const name of ['content-type', 'content-length', 'cache-control', 'content-security-policy']) {
        expect(head.headers.get(name), `${path} ${name}`).toBe(full.headers.get(name));
      }
      const other = await answerOf(`${program.url}${path}`, { method: 'DELETE' });
      expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('has no address with a slash at the end, and no other file', async () => {
    const paths = ['/docs/', '/DOCS', '/docs/index.html', '/docs/..%2Fpackage.json', '/docs/%00'];
    expect(await statusesOf(program.url, paths)).toEqual(paths.map(() => 404));
  });

  it('lets a browser keep a file', async () => {
    const { headers } = await answerOf(`${program.url}/docs/swagger-ui.css`);
    expect(headers.get('cache-control')).toBe('public, max-age=3600');
  });

  it.each(['If-Match: "x"', 'If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT', 'Range: bytes=5-2'])(
    'answers a file in full with the condition %s',
    async (condition) => {
      const [name = '', value = ''] = condition.split(': ');
      const { status } = await answerOf(`${program.url}/docs/start.js`, { headers: { [name]: value } });
      expect(status).toBe(200);
    },
  );

  it('leaves no file open when clients leave before their answers', async () => {
    const files = async (): Promise<number> => seriesOf(await scrape(program.url), 'process_open_fds')[''] ?? 0;
    await answerOf(`${program.url}/docs/swagger-ui-bundle.js`);
    const before = await files();
    for (let client = 0; client < 20; client++) {
      const leaving = await RawClient.connect(program.url, { isDeaf: true });
      await leaving.send(requestFor('/docs/swagger-ui-bundle.js').repeat(20));
      leaving.leave();
    }
    await eventually('the end of all connections', async () => (await files()) <= before + 5);
    expect(await files()).toBeLessThanOrEqual(before + 5);
  });
});

it('DOCS=off removes all of it', async () => {
  await using program = await startProgram({ env: { DOCS: 'off' } });
  const paths = ['/docs', '/docs/start.js', '/openapi.json', '/fib/10'];
  expect(await statusesOf(program.url, paths)).toEqual([404, 404, 404, 200]);
});

it('neither a start nor the page loads @nestjs/swagger, and the first request for the description does', async () => {
  const nodeArgs = ['--import', fixture('../hosts/prints-modules.mjs')];
  await using program = await startProgram({ nodeArgs });
  const loaded = async (): Promise<string[]> => {
    await program.caughtUp();
    return program.logged('loaded').map(({ url }) => String(url));
  };
  await answerOf(`${program.url}/docs`);
  expect(await loaded()).toContainEqual(expect.stringMatching(/dist\/start\.js$/));
  const files = (await loaded()).filter((url) => url.startsWith('file:'));
  const withSwagger = files.filter((url) =>
    url.includes('/node_modules/')
      ? url.includes('swagger')
      : readFileSync(new URL(url), 'utf8').includes('SwaggerModule'),
  );
  expect(withSwagger).toEqual([]);
  await documentOf(program);
  expect(await loaded()).toContainEqual(expect.stringMatching(/dist\/document\.js$/));
});
