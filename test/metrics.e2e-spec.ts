// GET /metrics of the program: exact counts after known requests, in every state of the plugin.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { swap, TOKEN } from './support/admin.js';
import { childrenOf } from './support/children.js';
import { eventually } from './support/eventually.js';
import { scrape, seriesOf } from './support/metrics.js';
import { fixture, MEMORY_PLUGIN, type Program, startProgram } from './support/program.js';
import { ask, get } from './support/request.js';
import { computing, expectWork } from './support/work.js';

const REQUESTS = 'http_server_request_duration_seconds_count';
const CALLS = 'pluggable_call_duration_seconds_count';

/** The labels of finished requests. */
const requests = (route: string, status: number, method = 'GET'): string =>
  `{http_request_method="${method}",http_route="${route}",http_response_status_code="${status}",error_type=""}`;
const CANCELLED =
  '{http_request_method="GET",http_route="/fib/:n",http_response_status_code="",error_type="cancelled"}';

/** The states that are not 0. */
async function states(program: Program): Promise<Readonly<Record<string, number>>> {
  return seriesOf(await scrape(program.url), 'pluggable_plugin_state');
}

describe('GET /metrics', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram({
      env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_PLUGIN_ISOLATION: 'process', ADMIN_TOKEN: TOKEN },
    });
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it('counts each request, look-up, write and call once', async () => {
    for (const path of ['/fib/20', '/fib/20', '/fib/20', '/fib/21', '/fib/x', '/nothing']) await get(program.url, path);
    await ask(program.url, '/fib/20', { method: 'POST' }).answer;
    await ask(program.url, '/fib/20', { method: 'BREW' }).answer.catch(() => undefined);
    // A write may end after its answer.
    const scraped = await eventually('both writes', async () => {
      const now = await scrape(program.url);
      return seriesOf(now, 'pluggable_cache_writes_total')['{outcome="stored"}'] === 2 && now;
    });

    const { [requests('/metrics', 200)]: _scrapes, ...others } = seriesOf(scraped, REQUESTS);
    expect(others).toEqual({
      [requests('/fib/:n', 200)]: 4,
      [requests('/fib/:n', 400)]: 1,
      [requests('', 404)]: 1,
      [requests('', 405, 'POST')]: 1,
    });
    expect(seriesOf(scraped, 'pluggable_cache_lookups_total')).toEqual({
      '{outcome="hit"}': 2,
      '{outcome="not-found"}': 2,
    });
    expect(seriesOf(scraped, CALLS)).toEqual({
      '{plugin="cache-memory",method="get",outcome="answer"}': 4,
      '{plugin="cache-memory",method="set",outcome="answer"}': 2,
    });
    expect(seriesOf(scraped, 'pluggable_flights_total')).toEqual({ '': 2 });
    expect(seriesOf(scraped, 'pluggable_compute_wait_seconds_count')).toEqual({ '': 2 });
    expect(seriesOf(scraped, 'pluggable_compute_duration_seconds_count')).toEqual({ '{outcome="completed"}': 2 });
  });

  it('counts joins, and clients that left', async () => {
    const [first, second] = [ask(program.url, '/fib/50'), ask(program.url, '/fib/50')];
    await expectWork(program, computing({ busy: 1, flights: 1 }));
    await eventually('the join', async () => seriesOf(await scrape(program.url), 'pluggable_flight_joins_total')['']);
    for (const asked of [first, second]) {
      asked.leave();
      await asked.answer.catch(() => undefined);
    }
    await expectWork(program, computing({ busy: 0, flights: 0 }));

    const scraped = await eventually('the end of both', async () => {
      const now = await scrape(program.url);
      return seriesOf(now, REQUESTS)[CANCELLED] === 2 ? now : undefined;
    });
    expect(seriesOf(scraped, 'pluggable_flight_joins_total')).toEqual({ '': 1 });
    expect(seriesOf(scraped, 'pluggable_compute_duration_seconds_count')).toMatchObject({ '{outcome="cancelled"}': 1 });
  });

  it('shows a swap, and the end and the restart of a process', async () => {
    expect((await swap(program, { path: MEMORY_PLUGIN })).status).toBe(200);
    const plugin = '{plugin="cache-memory"}';
    expect(seriesOf(await scrape(program.url), 'pluggable_plugin_swaps_total')).toEqual({ [plugin]: 1 });

    const guest = await eventually('the end of the replaced process', () => {
      const [one, ...others] = childrenOf(program.pid);
      return others.length === 0 && one;
    });
    process.kill(guest, 'SIGKILL');
    const scraped = await eventually('the restart', async () => {
      const now = await scrape(program.url);
      return seriesOf(now, 'pluggable_plugin_restarts_total')[plugin] === 1 ? now : undefined;
    });
    expect(seriesOf(scraped, 'pluggable_plugin_ends_total')).toEqual({
      '{plugin="cache-memory",code="PLUGIN_ENDED"}': 1,
    });
    expect(seriesOf(scraped, 'pluggable_plugin_state')).toEqual({ '{name="cache",state="live"}': 1 });
  });

  it('shows the state of a plugin that waits for its restart', async () => {
    await eventually('the state restarting', async () => {
      // Each end doubles the wait.
      for (const guest of childrenOf(program.pid)) process.kill(guest, 'SIGKILL');
      return '{name="cache",state="restarting"}' in (await states(program));
    });
    const live = await eventually('the state live', async () => {
      const now = await states(program);
      return '{name="cache",state="live"}' in now && now;
    });
    expect(live).toEqual({ '{name="cache",state="live"}': 1 });
  });

  it('has the type and the headers of the text format', async () => {
    const { headers, status } = await fetch(`${program.url}/metrics`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

const OPEN = { '{name="cache",method="get"}': 1, '{name="cache",method="set"}': 1 };

describe('the state of the plugin', () => {
  it.each([
    { state: 'none', env: {}, open: {} },
    { state: 'degraded', env: { CACHE_PLUGIN_PATH: fixture('rejecting.mjs') }, open: OPEN },
    { state: 'failed', env: { CACHE_PLUGIN_PATH: 'not-there.mjs', CACHE_PLUGIN_REQUIRED: 'false' }, open: {} },
  ])('is $state', async ({ state, env, open }) => {
    await using program = await startProgram({ env });
    for (let i = 0; i < 30; i++) await get(program.url, `/fib/${i}`);
    const scraped = await scrape(program.url);

    expect(seriesOf(scraped, 'pluggable_plugin_state')).toEqual({ [`{name="cache",state="${state}"}`]: 1 });
    const lookups = Object.values(seriesOf(scraped, 'pluggable_cache_lookups_total'));
    expect(lookups.reduce((sum, count) => sum + count, 0)).toBe(30);
    expect(seriesOf(scraped, 'pluggable_breaker_open')).toEqual(open);
  });
});

it('METRICS=off removes the route', async () => {
  await using program = await startProgram({ env: { METRICS: 'off' } });
  expect((await get(program.url, '/metrics')).status).toBe(404);
  expect((await get(program.url, '/fib/10')).status).toBe(200);
});
