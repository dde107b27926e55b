// The log for a person: LOG_FORMAT=pretty.
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { eventually } from './support/eventually.js';
import { freePort } from './support/free-port.js';
import { fixture, launchProgram, MEMORY_PLUGIN, type Program, ROOT } from './support/program.js';
import { RawClient, requestFor } from './support/raw-client.js';
import { get } from './support/request.js';

/** Starts the program, and waits for the summary of its start. */
async function startPretty(env: Readonly<Record<string, string>>): Promise<Program> {
  const program = launchProgram({ env: { LOG_FORMAT: 'pretty', NO_COLOR: '1', ...env } });
  program.url = await eventually('the summary', () => /^ {2}address +(\S+)\n/m.exec(program.text)?.[1]);
  return program;
}

/** The lines of requests, without time and fields. */
function requestLines({ text }: Program): string[] {
  return text.split('\n').flatMap((line) => /(?:INFO|DEBUG|WARN|ERROR): (#\d+ [^{]*[^{ ])/.exec(line)?.[1] ?? []);
}

it('begins with a summary', async () => {
  await using program = await startPretty({ CACHE_PLUGIN_PATH: MEMORY_PLUGIN });

  expect(program.text).toMatch(
    new RegExp(
      String.raw`pluggable \d+\.\d+\.\d+, Node ${process.versions.node}
  cache plugin  cache-memory \d+\.\d+\.\d+, inline, live
  address       http://127\.0\.0\.1:\d+
`,
    ),
  );
  expect(program.text).toMatch(/INFO: listening \{"addr":"http:/);
  expect(program.text).toContain('DEBUG: plugin cache-memory: loaded {');
});

it('has no summary above level info', async () => {
  const PORT = String(await freePort());
  await using program = launchProgram({ env: { LOG_FORMAT: 'pretty', LOG_LEVEL: 'warn', PORT } });
  const url = `http://127.0.0.1:${PORT}`;
  await eventually('the first answer', async () => await get(url, '/health/live').catch(() => false as const));
  await program.stop();

  expect(program.text).not.toContain('address');
});

it('prints the lines of each request together, of pipelined requests too', async () => {
  await using program = await startPretty({ COMPUTE_WORKERS: '2' });
  using client = await RawClient.connect(program.url);
  // The second one is calculated first; its answer waits for that of the first one.
  await client.send(requestFor('/fib/33') + requestFor('/fib/2') + requestFor('/fib/34'));
  await client.answers(3);
  await eventually('the last line', () => requestLines(program).length >= 9);

  const messages = ['cache miss; calculating the fib(n)', 'fib(n) calculated', 'request completed'];
  const expected = ['#1', '#2', '#3'].flatMap((request) => messages.map((message) => `${request} ${message}`));
  expect(requestLines(program)).toEqual(expected);
});

it('marks a slow request', async () => {
  const env = { CACHE_PLUGIN_PATH: fixture('never-answers.mjs'), CACHE_TIMEOUT: '1s' };
  await using program = await startPretty(env);
  await get(program.url, '/fib/2');
  await eventually('the last line', () => program.text.includes('request completed'));

  expect(requestLines(program)).toEqual([
    '#1 cache look-ups fail and count as misses',
    '#1 cache miss; calculating the fib(n)',
    '#1 fib(n) calculated',
    '#1 SLOW request completed',
  ]);
});

it('prints all lines of requests in flight when the process exits', () => {
  const script = `
    import { createLogger } from './build/observability/logger.js';
    const { log, pretty } = createLogger({ level: 'debug', format: 'pretty' });
    pretty.requests.grouped(() => () => {})();
    log.debug('in flight');
    process.exit(3);`;
  const exit = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: ROOT, encoding: 'utf8' });

  expect([exit.status, exit.stdout]).toEqual([3, expect.stringContaining('#1 in flight')]);
});
