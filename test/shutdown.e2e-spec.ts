// The end of the process: signals, grace time, and the end of npm.
import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.js';
import { freePort } from './support/free-port.js';
import { fixture, launchProgram, MEMORY_PLUGIN, type Program, ROOT, startProgram } from './support/program.js';
import { ask, get } from './support/request.js';

const messages = (program: Program): string[] => program.lines.map((line) => line.msg);

describe('on a signal', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const)(
    '%s completes the request in flight, and exits with 0',
    async (signal) => {
      await using program = await startProgram({ env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN } });
      const client = ask(program.url, '/fib/40');
      await program.line('cache miss; calculating the fib(n)', { n: 40 });
      program.signal(signal);
      // The same key press, sent by npm.
      program.signal(signal);

      expect((await client.answer).body).toEqual({ result: 102_334_155 });
      const { code, stderr } = await program.ended();
      expect([code, stderr]).toEqual([0, '']);
      expect(messages(program).at(-1)).toBe('application stopped');
    },
  );

  it('SIGUSR1 opens no debugger, and drops nothing', async () => {
    await using program = await startProgram();
    const client = ask(program.url, '/fib/40');
    await program.line('cache miss; calculating the fib(n)', { n: 40 });
    program.signal('SIGUSR1');

    expect((await client.answer).status).toBe(200);
    expect(await program.stop()).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('%s during the start ends the process at once, with 0', async (signal) => {
    const env = { CACHE_PLUGIN_PATH: fixture('faults/factory-hangs-aloud.mjs') };
    await using program = launchProgram({ env });
    await program.line('[plugin/factory-hangs-aloud] factory hangs');
    program.signal(signal);

    expect((await program.ended()).code).toBe(0);
  });

  it('closes the plugin once, after the last answer', async () => {
    await using program = await startProgram({ env: { CACHE_PLUGIN_PATH: fixture('says-when-closed.mjs') } });
    const client = ask(program.url, '/fib/40');
    await program.line('cache miss; calculating the fib(n)', { n: 40 });
    program.signal('SIGTERM');
    await client.answer;
    await program.ended();

    const ends = messages(program).filter((msg) =>
      ['request completed', '[plugin/says-when-closed] closed', 'application stopped'].includes(msg),
    );
    expect(ends).toEqual(['request completed', '[plugin/says-when-closed] closed', 'application stopped']);
  });

  it('answers 503 to requests that exceed SHUTDOWN_GRACE, cancels the work, and exits with 0', async () => {
    await using program = await startProgram({ env: { SHUTDOWN_GRACE: '400ms' } });
    const client = ask(program.url, '/fib/50');
    await program.line('cache miss; calculating the fib(n)', { n: 50 });
    program.signal('SIGTERM');

    const { status, headers, body } = await client.answer;
    expect([status, headers['content-type'], headers.connection]).toEqual([
      503,
      'application/problem+json; charset=utf-8',
      'close',
    ]);
    expect(body).toMatchObject({ status: 503, title: 'Service Unavailable', error: 'shutting down' });
    expect((await program.ended()).code).toBe(0);
    expect(messages(program)).not.toContain('fib(n) calculated');
    expect(program.lines.filter((line) => line.level >= 40)).toEqual([]);
  });

  it('does not wait for a plugin that hangs in close', async () => {
    await using program = await startProgram({ env: { CACHE_PLUGIN_PATH: fixture('close-hangs.mjs') } });
    await get(program.url, '/fib/10');

    expect((await program.stop()).code).toBe(0);
    await program.line('cache plugin not closed');
  });

  it('sends Connection: close to waiting clients and on kept connections', async () => {
    await using program = await startProgram();
    const client = ask(program.url, '/fib/41');
    await program.line('cache miss; calculating the fib(n)', { n: 41 });
    program.signal('SIGTERM');

    expect((await client.answer).headers.connection).toBe('close');
  });

  it.each([1, 2])('ends when the log is no longer read, with %i signals', async (signals) => {
    await using program = await startProgram();
    program.closeOutput();
    for (let sent = 0; sent < signals; sent++) program.signal('SIGTERM');

    expect((await program.ended()).code).toBe(0);
  });

  it('ends at once on a second signal', async () => {
    await using program = await startProgram();
    const client = ask(program.url, '/fib/50');
    await program.line('cache miss; calculating the fib(n)', { n: 50 });
    const outcome = client.answer.catch((error: unknown) => String(error));
    let end: number | null | undefined;
    void program.ended().then(({ code }) => (end = code));

    await eventually('the end', () => {
      program.signal('SIGTERM');
      return end !== undefined;
    });
    expect(await outcome).toBe('Error: socket hang up');
    expect(end).toBe(1);
  });
});

describe('run by npm', () => {
  it('ends with npm, though npm sends the signal only to the shell between them', async () => {
    const port = await freePort();
    const npm = spawn('npm', ['start', '--ignore-scripts', '--', `--port=${port}`, '--host=127.0.0.1'], {
      cwd: ROOT,
      stdio: 'ignore',
    });
    const isUp = async (): Promise<boolean> =>
      await get(`http://127.0.0.1:${port}`, '/health/live').then(
        () => true,
        () => false,
      );
    try {
      await eventually('the service', isUp);
    } finally {
      npm.kill('SIGTERM');
    }

    expect(await eventually('its end', async () => !(await isUp()))).toBe(true);
  });
});
