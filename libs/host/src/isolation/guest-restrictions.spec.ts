// Restrictions of a guest: an isolated plugin has only the permissions of its manifest.
import { BroadcastChannel, setEnvironmentData } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { fixture, openCache, pluginFile } from '../../../../test/support/built-host.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';

/** A plugin whose get() returns the outcome of each named attempt. */
const trying = (attempts: Readonly<Record<string, string>>, permissions: readonly string[] = []) =>
  pluginFile(`
    import fs from 'node:fs';
    import process, * as fromProcess from 'node:process';
    import * as threads from 'node:worker_threads';
    export const manifest = { kind: 'cache', contract: 1, name: 'guest', version: '1', permissions: ${JSON.stringify(permissions)} };
    const attempts = { ${Object.entries(attempts)
      .map(([name, body]) => `${JSON.stringify(name)}: async () => { ${body} }`)
      .join(',')} };
    const ended = async (attempt) => {
      try { return (await attempt()) === undefined ? 'nothing' : 'got it'; } catch (error) { return error.code ?? 'refused'; }
    };
    export const Factory = () => ({
      async get() {
        const all = await Promise.all(Object.entries(attempts).map(async ([name, attempt]) => [name, await ended(attempt)]));
        return Object.fromEntries(all);
      },
      async set() {},
    });
  `);

const outcomes = async (path: string, isolation: 'worker' | 'process'): Promise<unknown> => {
  const plugin = await openCache(path, { isolation, callTimeoutMs: 5_000 });
  const answer = await plugin.proxy.get('key');
  await plugin.close();
  return answer;
};

/** `process.permission.drop`, without which a worker may read the working directory. */
const CAN_DROP = Number.parseInt(process.versions.node, 10) >= 26;

describe.each(['worker', 'process'] as const)('a plugin without permissions, in a %s', (isolation) => {
  const ofDirectory =
    isolation === 'worker' && !CAN_DROP ? expect.stringMatching(/^(got it|ERR_ACCESS_DENIED)$/) : 'ERR_ACCESS_DENIED';

  it('reads neither the working directory nor the environment of the host, and opens no database', async () => {
    const { logger, lines } = recordingLogger();
    const plugin = await openCache(fixture('faults/reads-what-it-may-not.mjs'), { isolation, logger });
    await plugin.close();
    expect(lines.map(([level, message]) => `${level} ${message}`)).toEqual([
      'info [plugin/case] .env of the working directory: denied',
      'info [plugin/case] the host environment: denied',
      'info [plugin/case] a database file: denied',
    ]);
  });

  it('cannot reach data of the process in other ways', async () => {
    const path = trying({
      folder: `return fs.readdirSync('.');`,
      file: `return fs.readFileSync('package.json');`,
      environment: `return fs.readFileSync('/proc/self/environ');`,
      dotenv: `process.loadEnvFile('package.json'); return true;`,
      report: `return process.report ?? fromProcess.report ?? process.getBuiltinModule('process').report;`,
      sqlite: `return process.getBuiltinModule('node:sqlite');`,
      bindings: `return process.binding('fs');`,
      thread: `return new threads.Worker('', { eval: true });`,
      addon: `process.dlopen({ exports: {} }, '/no.node');`,
    });
    await expect(outcomes(path, isolation)).resolves.toEqual({
      folder: 'ERR_ACCESS_DENIED',
      file: ofDirectory,
      environment: 'ERR_ACCESS_DENIED',
      dotenv: ofDirectory,
      report: 'nothing',
      sqlite: 'nothing',
      bindings: 'ERR_ACCESS_DENIED',
      thread: isolation === 'process' && !CAN_DROP ? 'refused' : 'ERR_ACCESS_DENIED',
      addon: 'ERR_DLOPEN_DISABLED',
    });
  });

  it.each(['.', process.cwd(), '*', '..'])(
    'reads the working directory with the permission fs.read:%s',
    async (named) => {
      const path = trying({ file: `return fs.readFileSync('package.json');` }, [`fs.read:${named}`]);
      await expect(outcomes(path, isolation)).resolves.toEqual({ file: 'got it' });
    },
  );

  it('reads one file of the working directory with a permission for it, and no other', async () => {
    const attempts = {
      file: `return fs.readFileSync('package.json');`,
      other: `return fs.readFileSync('tsconfig.json');`,
    };
    await expect(outcomes(trying(attempts, ['fs.read:package.json']), isolation)).resolves.toEqual({
      file: 'got it',
      other: ofDirectory,
    });
  });

  it('may load an addon with the permission addons', async () => {
    const path = trying({ addon: `process.dlopen({ exports: {} }, '/no.node');` }, ['addons']);
    await expect(outcomes(path, isolation)).resolves.toEqual({ addon: 'ERR_DLOPEN_FAILED' });
  });
});

describe('a plugin in a worker', () => {
  it('cannot use the channels that all threads of a process share', async () => {
    setEnvironmentData('secret', 'of the host');
    const received: unknown[] = [];
    const channel = new BroadcastChannel('host');
    channel.addEventListener('message', (message) => received.push(message));
    const path = trying({
      data: `return threads.getEnvironmentData('secret');`,
      channel: `return new threads.BroadcastChannel('host').postMessage('x') ?? true;`,
      global: `return globalThis.BroadcastChannel;`,
      message: `return threads.postMessageToThread(0, 'x');`,
      locks: `return navigator.locks;`,
    });
    await expect(outcomes(path, 'worker')).resolves.toEqual({
      data: 'refused',
      channel: 'refused',
      global: 'nothing',
      message: 'refused',
      locks: 'nothing',
    });
    channel.close();
    setEnvironmentData('secret', undefined);
    expect(received).toEqual([]);
  });
});
