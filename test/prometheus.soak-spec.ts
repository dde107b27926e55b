// A real Prometheus: its tool checks metrics and rules, it scrapes the program, and every panel of the dashboard has an answer.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { swap, TOKEN } from './support/admin.js';
import { childrenOf } from './support/children.js';
import { eventually } from './support/eventually.js';
import { Prometheus, promtool } from './support/prometheus.js';
import { MEMORY_PLUGIN, type Program, ROOT, startProgram } from './support/program.js';
import { get } from './support/request.js';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** The variables of the dashboard. A minute is enough for a scrape of each second. */
const VARIABLES: Readonly<Record<string, string>> = { $job: '.*', $instance: '.*', $__rate_interval: '1m' };

const { panels } = JSON.parse(readFileSync(`${ROOT}deploy/grafana/dashboard.json`, 'utf8')) as { panels: Panel[] };
const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

describe('the rules', () => {
  it('are valid', async () => {
    expect(await promtool('check', 'config', 'prometheus.yml')).toContain('SUCCESS');
  });

  it('pass their tests', async () => {
    expect(await promtool('test', 'rules', 'rules.test.yml')).toContain('SUCCESS');
  });
});

describe('a Prometheus that scrapes the program', () => {
  let program: Program;
  let prometheus: Prometheus;
  beforeAll(async () => {
    const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_PLUGIN_ISOLATION: 'process', ADMIN_TOKEN: TOKEN };
    program = await startProgram({ env });
    prometheus = await Prometheus.start(program.url);
  });
  afterAll(async () => {
    await prometheus[Symbol.asyncDispose]();
    await program[Symbol.asyncDispose]();
  });

  it('finds no fault in the names, units and types', async () => {
    const text = await (await fetch(`${program.url}/metrics`)).text();
    const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });

  it('holds exactly the counts of the requests', async () => {
    await eventually('the first scrape', async () => (await prometheus.query('up == 1'))[0]);
    for (let round = 0; round < 5; round++) for (let n = 0; n < 20; n++) await get(program.url, `/fib/${n}`);
    await get(program.url, '/fib/x');
    expect((await swap(program, { path: MEMORY_PLUGIN })).status).toBe(200);
    await get(program.url, '/fib/1');

    const counts = {
      'http_server_request_duration_seconds_count{http_route="/fib/:n",http_response_status_code="200"}': 101,
      'http_server_request_duration_seconds_count{http_route="/fib/:n",http_response_status_code="400"}': 1,
      'pluggable_cache_lookups_total{outcome="hit"}': 80,
      'pluggable_cache_lookups_total{outcome="not-found"}': 21,
      'pluggable_cache_writes_total{outcome="stored"}': 21,
      'pluggable_call_duration_seconds_count{method="get",outcome="answer"}': 101,
      pluggable_flights_total: 21,
      'pluggable_compute_duration_seconds_count{outcome="completed"}': 21,
      pluggable_plugin_swaps_total: 1,
      'pluggable_plugin_state{state="live"}': 1,
    };
    for (const [series, count] of Object.entries(counts)) {
      await eventually(`${series} ${count}`, async () => (await prometheus.query(`${series} == ${count}`))[0]);
    }
  });

  it('sees a plugin that waits for its restart, and the plugin after it', async () => {
    await eventually('the state restarting', async () => {
      // Each end doubles the wait.
      for (const guest of childrenOf(program.pid)) process.kill(guest, 'SIGKILL');
      return (await prometheus.query('pluggable_plugin_state{state="restarting"} == 1'))[0];
    });
    const live = await eventually('the state live', async () => {
      return (await prometheus.query('pluggable_plugin_state{state="live"} == 1'))[0];
    });
    expect(live).toBeDefined();
  });

  it('answers the query of every panel', async () => {
    for (let n = 0; n < 10; n++) await get(program.url, `/fib/${n}`);
    const answered: string[] = [];
    for (const { title, expr } of queries) {
      const query = expr.replace(/\$\w+/g, (name) => VARIABLES[name] ?? name);
      await eventually(`${title}: ${query}`, async () => (await prometheus.query(query))[0]);
      answered.push(title);
    }
    expect(answered).toEqual(queries.map(({ title }) => title));
  });
});
