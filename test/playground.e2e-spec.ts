// The server side of the page at /: its files and their headers, and bursts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PageFacts } from '../src/playground/page-facts.js';
import { TOKEN } from './support/admin.js';
import { eventually } from './support/eventually.js';
import { LiveClient } from './support/live-events.js';
import { MEMORY_PLUGIN, type Program, startProgram } from './support/program.js';
import { type Answer, ask, type Asked, get } from './support/request.js';
import { computing, expectWork } from './support/work.js';

function burst(url: string, body: unknown): Asked {
  return ask(url, '/playground/bursts', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  });
}

/** Waits for the time that the answer names, as long as it is 429. */
async function accepted(url: string, body: unknown): Promise<Answer> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const answer = await burst(url, body).answer;
    if (answer.status !== 429) return answer;
    await new Promise((resolve) => setTimeout(resolve, Number(answer.headers['retry-after']) * 1_000));
  }
  throw new Error('five bursts were refused');
}

/** Sends the burst until it is accepted, and waits until it computes. */
async function begun(program: Program, body: unknown): Promise<Asked> {
  return await eventually('a running burst', async () => {
    const asked = burst(program.url, body);
    const isComputing = expectWork(program, computing({ busy: 1, flights: 1 })).then(() => true);
    return (await Promise.race([isComputing, asked.answer.then(() => false)])) && asked;
  });
}

describe('the page', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram({ env: { FIB_MAX_N: '44', ADMIN_TOKEN: TOKEN } });
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it('has a policy without inline code, and loads only files of the service', async () => {
    const response = await fetch(program.url);
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');

    const loaded = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path = '']) => path);
    const files = [...new Set(loaded)];
    expect(files.toSorted()).toEqual(['playground/icon.svg', 'playground/page.css', 'playground/page.js']);
    for (const path of files) {
      const file = await fetch(`${program.url}/${path}`);
      expect([file.status, file.headers.get('x-content-type-options')]).toEqual([200, 'nosniff']);
      expect((await file.text()).length).toBeGreaterThan(100);
    }
  });

  it('knows the configuration', async () => {
    const html = await (await fetch(program.url)).text();
    const facts = /data-facts="([^"]*)"/.exec(html)?.[1]?.replaceAll('&quot;', '"') ?? '';
    expect(JSON.parse(facts)).toMatchObject({
      maxN: 44,
      maxBurst: 200,
      hasEvents: true,
      hasAdmin: true,
    } satisfies Partial<PageFacts>);
  });

  it.each(['/playground/page.ts', '/playground/index.html', '/playground/..%2fmain.js', '/playground/', '/page.js'])(
    'has no file %s',
    async (path) => {
      expect((await get(program.url, path)).status).toBe(404);
    },
  );
});

describe('POST /playground/bursts', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram({ env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, COMPUTE_WORKERS: '2' } });
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it('computes once for all requests of a burst, then answers them from the cache', async () => {
    using client = await LiveClient.open(program.url);
    await client.message('state');
    const cold = await accepted(program.url, { n: 33, count: 100 });
    expect([cold.status, cold.body]).toMatchObject([
      200,
      { n: 33, count: 100, hits: 0, computed: 1, joined: 99, refused: 0, timedOut: 0 },
    ]);
    const warm = await accepted(program.url, { n: 33, count: 100 });
    expect(warm.body).toMatchObject({ hits: 100, computed: 0, joined: 0, refused: 0, timedOut: 0 });

    await client.message('requests', ({ steps }) => steps.some(({ step }) => step === 'hit'));
    const [first] = client.steps();
    expect(first?.id).toBe(`${String(cold.headers['x-request-id'])}/1`);
    const count = (wanted: string): number => client.steps().filter(({ step }) => step === wanted).length;
    expect([count('started'), count('joined'), count('answered')]).toEqual([1, 99, 100]);
  });

  it('refuses a second burst while one runs, and cancels its work when its client leaves', async () => {
    const running = await begun(program, { n: 50, count: 200 });
    const refused = await burst(program.url, { n: 2, count: 1 }).answer;
    expect(refused).toMatchObject({ status: 429, body: { error: 'too many bursts' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);

    running.leave();
    await running.answer.catch(() => undefined);
    await expectWork(program, computing({ busy: 0, flights: 0 }));
    expect((await accepted(program.url, { n: 2, count: 1 })).status).toBe(200);
  });

  it.each([
    [{ n: 51, count: 1 }, 'n: wanted a whole number from 0 to 50'],
    [{ n: 1.5, count: 1 }, 'n: wanted a whole number from 0 to 50'],
    [{ n: 1, count: 201 }, 'count: wanted a whole number from 1 to 200'],
    [{ n: 1, count: 0 }, 'count: wanted a whole number from 1 to 200'],
    [{ n: '1', count: 1 }, 'n: wanted a whole number from 0 to 50'],
    [{ n: 1 }, 'count: wanted a whole number from 1 to 200'],
    [{ n: 1, count: 1, times: 3 }, 'unknown field "times"'],
    [[], 'wanted a JSON object with n and count, sent with the header Content-Type: application/json'],
    [null, 'wanted a JSON object with n and count, sent with the header Content-Type: application/json'],
  ])('refuses %j', async (body, detail) => {
    expect(await burst(program.url, body).answer).toMatchObject({
      status: 400,
      body: { error: 'invalid value', detail },
    });
  });

  it('refuses a body that another web site could send without being asked', async () => {
    const sent = ask(program.url, '/playground/bursts', {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: Buffer.from('{"n":1,"count":1}'),
    });
    expect((await sent.answer).status).toBe(400);
  });
});

it('does not exist with PLAYGROUND=off', async () => {
  await using program = await startProgram({ env: { PLAYGROUND: 'off' } });
  for (const path of ['/', '/playground/page.js']) expect((await get(program.url, path)).status).toBe(404);
  expect((await burst(program.url, { n: 1, count: 1 }).answer).status).toBe(404);
});
