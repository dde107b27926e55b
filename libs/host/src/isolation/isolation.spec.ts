// Plugins in a worker or a process: messages, permissions and restarts.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCache, pluginFile } from '../../../../test/support/built-host.js';
import { eventually } from '../../../../test/support/eventually.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';

const manifest = (more = '') =>
  `export const manifest = { kind: 'cache', contract: 1, name: 'guest', version: '1' ${more && `, ${more}`} };`;

/** A cache whose get(key) has this body. */
const withGet = (body: string, more = '') =>
  pluginFile(`
    import fs from 'node:fs';
    import net from 'node:net';
    import { spawnSync } from 'node:child_process';
    import { Worker } from 'node:worker_threads';
    ${manifest(more)}
    export const Factory = (log, context) => ({ async get(key, call) { ${body} }, async set() {} });
  `);

describe.each(['worker', 'process'] as const)('in a %s', (isolation) => {
  const isolated = { isolation, callTimeoutMs: 5_000 } as const;

  it('passes only the variables of the manifest to the factory and to process.env', async () => {
    const path = withGet('return { env: { ...process.env }, config: context.config };', `env: ['URL', 'EMPTY']`);
    const plugin = await openCache(path, { ...isolated, env: { URL: 'redis://host', EMPTY: '', SECRET: 'hunter2' } });
    await expect(plugin.proxy.get('key')).resolves.toEqual({
      env: { URL: 'redis://host' },
      config: { URL: 'redis://host' },
    });
    await plugin.close();
  });

  it('passes the abort of a call on', async () => {
    const path = withGet(`
      if (key === 'was it aborted?') return { aborted: globalThis.aborted };
      await new Promise((resolve) => call.signal.addEventListener('abort', resolve));
      globalThis.aborted = true;
    `);
    const plugin = await openCache(path, isolated);
    const caller = new AbortController();
    const call = plugin.proxy.get('key', { signal: caller.signal });
    caller.abort(new Error('nobody waits'));
    await expect(call).rejects.toThrow('nobody waits');
    await eventually('the abortion', async () => {
      const { aborted } = (await plugin.proxy.get('was it aborted?')) as { aborted?: boolean };
      return aborted;
    });
    expect(plugin.status()).toMatchObject({ state: 'live', restarts: 0 });
    await plugin.close();
  });

  it('is not blocked while it answers, even if it answers a heartbeat after all earlier calls', async () => {
    const path = withGet('for (const end = performance.now() + 40; performance.now() < end;); return {};');
    const plugin = await openCache(path, isolated);
    await Promise.all(Array.from({ length: 60 }, () => plugin.proxy.get('key')));
    expect(plugin.status()).toMatchObject({ state: 'live', restarts: 0 });
    await plugin.close();
  });

  it('forwards log lines with name, level and fields, without secrets, and console output', async () => {
    const path = withGet(
      `log.error('lost ' + context.config.TOKEN, { at: 1, fn() {} }); console.log('printed', context.config.TOKEN);`,
      `secrets: ['TOKEN']`,
    );
    const { logger, lines } = recordingLogger();
    const plugin = await openCache(path, { ...isolated, logger, env: { TOKEN: 'hunter2' } });
    await plugin.proxy.get('key').catch(() => undefined);
    const printed = ['warn', '[plugin/guest] printed ***', { stream: 'stdout' }];
    await eventually('the line of the console', () => lines.some((line) => line[1] === printed[1]));
    expect(lines).toContainEqual(printed);
    expect(lines).toContainEqual(['error', '[plugin/guest] lost ***', expect.anything()]);
    await plugin.close();
  });

  it('drops log lines below the configured level', async () => {
    const { logger, lines } = recordingLogger();
    const path = withGet(`log.debug('a'); log.info('b'); log.warn('c'); log.error('d'); return {};`);
    const plugin = await openCache(path, { ...isolated, logger, logLevel: 'warn' });
    await plugin.proxy.get('key');
    await plugin.close();
    expect(lines).toEqual([
      ['warn', '[plugin/guest] c', undefined],
      ['error', '[plugin/guest] d', undefined],
    ]);
  });

  it('passes an aborted signal to a plugin that reads it after the abort', async () => {
    const path = withGet(`
      if (key === 'what was read?') return globalThis.read ?? {};
      if (key === 'wait') return await new Promise((resolve) => (globalThis.go = resolve));
      if (key === 'go') { globalThis.go({}); return {}; }
      await new Promise((resolve) => setTimeout(resolve, 50));
      const { signal } = call;
      globalThis.read = {
        aborted: signal.aborted, name: signal.reason.name, isStable: signal === call.signal,
        isIn: 'signal' in call, isSpread: { ...call }.signal === signal, json: JSON.stringify(call),
      };`);
    const plugin = await openCache(path, isolated);
    const waiting = plugin.proxy.get('wait');
    const caller = new AbortController();
    const call = plugin.proxy.get('read late', { signal: caller.signal });
    caller.abort(new Error('gone'));
    await expect(call).rejects.toThrow('gone');
    await eventually(
      'the plugin to read',
      async () => 'json' in ((await plugin.proxy.get('what was read?')) as object),
    );
    await expect(plugin.proxy.get('what was read?')).resolves.toEqual({
      aborted: true,
      name: 'AbortError',
      isStable: true,
      isIn: true,
      isSpread: true,
      json: '{"signal":{}}',
    });
    await plugin.proxy.get('go');
    await waiting;
    await plugin.close();
  });

  it('answers each call of one turn, in any size', async () => {
    const plugin = await openCache(withGet(`return { key, text: key.repeat(Number(key)) };`), isolated);
    const sizes = Array.from({ length: 100 }, (_, index) => [1, 2_000, 4_000, 5_000, 300_000, 1][index % 6] as number);
    const answers = await Promise.all(sizes.map((size) => plugin.proxy.get(`${size}`)));
    expect(answers).toEqual(sizes.map((size) => ({ key: `${size}`, text: `${size}`.repeat(size) })));
    await plugin.close();
  });

  it('fails only those calls of one turn whose answers cannot cross', async () => {
    const path = withGet(`return { f: { fn() {} }, l: { text: 'x'.repeat(17 * 1024 * 1024) } }[key[0]] ?? { key };`);
    const plugin = await openCache(path, isolated);
    const keys = ['a', 'function', 'b', 'large', 'c', 'function', 'd'];
    const outcomes = await Promise.allSettled(keys.map((key) => plugin.proxy.get(key)));
    const codes = outcomes.map((one) =>
      one.status === 'fulfilled' ? one.value : (one.reason as { code: string }).code,
    );
    const wrong = 'PLUGIN_WRONG_ANSWER';
    expect(codes).toEqual([{ key: 'a' }, wrong, { key: 'b' }, wrong, { key: 'c' }, wrong, { key: 'd' }]);
    expect(plugin.status().restarts).toBe(0);
    await plugin.close();
  });

  it('receives the answers that a plugin gave before it exited in the same turn', async () => {
    const path = withGet(`
      if (key === 'never') await new Promise(() => {});
      if (key === 'exit') { for (let turns = 0; turns < 100; turns++) await undefined; process.exit(); }
      return { key };`);
    const plugin = await openCache(path, isolated);
    const calls = ['never', 'a', 'b', 'exit'].map((key) => plugin.proxy.get(key));
    const [never, a, b, exit] = await Promise.allSettled(calls);
    expect([a, b]).toMatchObject([{ value: { key: 'a' } }, { value: { key: 'b' } }]);
    expect([never, exit]).toMatchObject([{ reason: { code: 'PLUGIN_ENDED' } }, { reason: { code: 'PLUGIN_ENDED' } }]);
    await plugin.close();
  });

  it('fails a call whose answer cannot cross, and the plugin continues', async () => {
    const plugin = await openCache(withGet(`return key === 'function' ? { fn() {} } : { key };`), isolated);
    await expect(plugin.proxy.get('function')).rejects.toHaveProperty('code', 'PLUGIN_WRONG_ANSWER');
    await expect(plugin.proxy.get('key')).resolves.toEqual({ key: 'key' });
    await plugin.close();
  });

  it.each([
    { what: 'read a file', body: `fs.readFileSync('/etc/hostname')`, permission: 'fs.read:/etc/hostname' },
    { what: 'write a file', body: `fs.writeFileSync('/dev/null', '')`, permission: 'fs.write:/dev/null' },
    {
      what: 'read the environment of its process',
      body: `fs.readFileSync('/proc/self/environ')`,
      permission: 'fs.read:/proc/self/environ',
    },
    {
      what: 'start a process',
      body: `spawnSync('true').error && (() => { throw spawnSync('true').error })()`,
      permission: 'child',
    },
    {
      what: 'start a thread',
      body: `await new Worker('', { eval: true, execArgv: [] }).terminate()`,
      permission: 'worker',
    },
  ])('denies $what without the permission, and names the permission', async ({ body, permission }) => {
    const source = `${body}; return { done: true };`;
    const held = await openCache(withGet(source, 'permissions: []'), isolated);
    await expect(held.proxy.get('key')).rejects.toMatchObject({
      code: 'PLUGIN_CALL_FAILED',
      message: expect.stringContaining(`add "${permission}" to the permissions of its manifest`),
    });
    await held.close();
    const free = await openCache(withGet(source, `permissions: ['${permission}']`), isolated);
    await expect(free.proxy.get('key')).resolves.toEqual({ done: true });
    await free.close();
  });

  it.runIf(Number.parseInt(process.versions.node, 10) >= 25)(
    'does not let it connect without the permission, and names it',
    async () => {
      const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const connect = `
        const socket = net.connect(${port}, '127.0.0.1');
        await new Promise((resolve, reject) => socket.on('connect', resolve).on('error', reject));
        socket.destroy();
        return { done: true };`;
      const held = await openCache(withGet(connect, 'permissions: []'), isolated);
      await expect(held.proxy.get('key')).rejects.toThrow('add "net" to the permissions of its manifest');
      await held.close();
      const free = await openCache(withGet(connect, `permissions: ['net']`), isolated);
      await expect(free.proxy.get('key')).resolves.toEqual({ done: true });
      await free.close();
      server.close();
    },
  );

  it('restarts a plugin that has ended, logs and counts it', async () => {
    const { logger, lines } = recordingLogger();
    const path = withGet(`if (key === 'end') process.exit(3); return { key };`);
    const plugin = await openCache(path, { ...isolated, logger });
    await expect(plugin.proxy.get('end')).rejects.toHaveProperty('code', 'PLUGIN_ENDED');
    expect(plugin.status()).toMatchObject({ state: 'restarting', error: { code: 'PLUGIN_ENDED' } });
    await expect(plugin.proxy.get('key')).rejects.toHaveProperty('code', 'PLUGIN_DOWN');
    await eventually('the plugin', () => plugin.status().state === 'live');
    await expect(plugin.proxy.get('key')).resolves.toEqual({ key: 'key' });
    expect(plugin.status()).toMatchObject({ restarts: 1, error: null });
    expect(lines.map(([level, message]) => [level, message])).toEqual([
      ['error', '[plugin/guest] ended; will be restarted'],
      ['info', '[plugin/guest] live again'],
    ]);
    await plugin.close();
  });

  it('reports and logs an uncaught error, with the place in the plugin', async () => {
    const { logger, lines } = recordingLogger();
    const path = withGet(`setTimeout(() => { throw new Error('from a timer'); }); await new Promise(() => {});`);
    const plugin = await openCache(path, { ...isolated, logger });
    await expect(plugin.proxy.get('key')).rejects.toMatchObject({
      code: 'PLUGIN_ENDED',
      message: expect.stringContaining('from a timer'),
    });
    const stack = expect.stringMatching(new RegExp(`from a timer.*${basename(path)}:\\d+:\\d+`, 's'));
    expect(lines).toContainEqual(['error', expect.stringContaining('ended'), expect.objectContaining({ stack })]);
    await plugin.close();
  });

  it('does not end a plugin because of slow calls', async () => {
    const plugin = await openCache(withGet('await new Promise(() => {});'), { ...isolated, callTimeoutMs: 20 });
    const endMs = performance.now() + 2_000;
    while (performance.now() < endMs) {
      await expect(plugin.proxy.get('key')).rejects.toHaveProperty(
        'code',
        expect.stringMatching(/TIMEOUT|BREAKER_OPEN/),
      );
    }
    expect(plugin.status()).toMatchObject({ state: 'degraded', openBreakers: ['get'], restarts: 0 });
    await plugin.close();
  });

  it('runs the same bytes after a restart, even if the file has changed', async () => {
    const path = withGet(`if (key === 'end') process.exit(); return { key };`);
    const plugin = await openCache(path, isolated);
    writeFileSync(path, 'throw new Error("other bytes");');
    await plugin.proxy.get('end').catch(() => undefined);
    await eventually('the plugin', () => plugin.status().state === 'live');
    await expect(plugin.proxy.get('key')).resolves.toEqual({ key: 'key' });
    await plugin.close();
  });

  it('can be closed while it is down, and is not restarted', async () => {
    const plugin = await openCache(withGet('process.exit();'), isolated);
    await plugin.proxy.get('key').catch(() => undefined);
    await plugin.close();
    expect(plugin.status()).toMatchObject({ state: 'closed', restarts: 0 });
  });

  it('ends a plugin whose close hangs', async () => {
    const path = pluginFile(`${manifest()}
      export const Factory = () => ({ async get() { return {}; }, async set() {}, close: () => new Promise(() => {}) });`);
    const plugin = await openCache(path, { ...isolated, closeTimeoutMs: 100 });
    await expect(plugin.close()).rejects.toHaveProperty('code', 'PLUGIN_CLOSE_FAILED');
    expect(plugin.status().state).toBe('closed');
  });

  it('refuses wrong plugins with the same errors as inline', async () => {
    const path = pluginFile(`${manifest()} export const Factory = () => ({ get() {} });`);
    const inline = await openCache(path).catch((error: unknown) => error);
    await expect(openCache(path, isolated)).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_SHAPE',
      message: (inline as Error).message,
    });
  });

  it('ends a start that blocks', async () => {
    await expect(
      openCache(pluginFile(`${manifest()} for (;;);`), { ...isolated, startTimeoutMs: 2_000 }),
    ).rejects.toMatchObject({
      code: 'PLUGIN_START_TIMEOUT',
      message: expect.stringContaining('while running its module'),
    });
  });
});

describe('a plugin in a process', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('ignores signals of a terminal: %s', async (signal) => {
    const path = withGet(`
      process.kill(process.pid, '${signal}');
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { alive: true };`);
    const plugin = await openCache(path, { isolation: 'process', callTimeoutMs: 5_000 });
    await expect(plugin.proxy.get('key')).resolves.toEqual({ alive: true });
    await plugin.close();
  });
});
