// Failed starts: cleanup, errors and secrets.
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fixture, openCache, pluginFile, seenBy } from '../../../test/support/built-host.js';
import { recordingLogger } from '../../../test/support/recording-logger.js';

describe('a failed start', () => {
  it('aborts the signal of the context, with its error as the reason', async () => {
    const path = pluginFile(`
      export const seen = {};
      export const Factory = (_log, { signal }) => { seen.signal = signal; throw new Error('no'); };
    `);
    const error: unknown = await openCache(path).catch((reason: unknown) => reason);
    expect(seenBy(path)).toMatchObject({ signal: { aborted: true } });
    expect((seenBy(path).signal as AbortSignal).reason).toBe(error);
  });

  it('closes an instance of the wrong shape, once', async () => {
    Reflect.deleteProperty(globalThis, '__missingMethodClosed');
    await expect(openCache(fixture('missing-method.mjs'))).rejects.toHaveProperty('code', 'PLUGIN_WRONG_SHAPE');
    expect(Reflect.get(globalThis, '__missingMethodClosed')).toBe(1);
  });

  it('is refused for the wrong shape even when the instance does not close, and logs the failed close', async () => {
    const { logger, lines } = recordingLogger();
    const path = pluginFile(`
      export const manifest = { kind: 'cache', contract: 1, name: 'stubborn', version: '1' };
      export const Factory = () => ({ close() { throw new Error('not now'); } });
    `);
    await expect(openCache(path, { logger })).rejects.toHaveProperty('code', 'PLUGIN_WRONG_SHAPE');
    expect(lines).toEqual([['warn', '[plugin/stubborn] not closed after a failed start', { error: 'not now' }]]);
  });

  it('is refused for the wrong shape even when the close of the instance hangs', async () => {
    const path = pluginFile(`export const Factory = () => ({ close: () => new Promise(() => {}) });`);
    await expect(openCache(path, { startTimeoutMs: 1_000, closeTimeoutMs: 1_500 })).rejects.toHaveProperty(
      'code',
      'PLUGIN_WRONG_SHAPE',
    );
  });

  it('is refused for the wrong shape when a method is a getter that throws', async () => {
    const path = pluginFile(`export const Factory = () => ({ get() {}, get set() { throw new Error('no'); } });`);
    await expect(openCache(path)).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_SHAPE',
      message: expect.stringContaining('without the method set'),
    });
  });

  it('masks secrets in the log line of a failed close', async () => {
    const { logger, lines } = recordingLogger();
    const path = pluginFile(`
      export const manifest = { kind: 'cache', contract: 1, name: 'chatty', version: '1', secrets: ['TOKEN'] };
      export const Factory = (_log, { config }) => ({ close() { throw new Error('bye ' + config.TOKEN); } });
    `);
    await expect(openCache(path, { logger, env: { TOKEN: 'hunter2' } })).rejects.toHaveProperty(
      'code',
      'PLUGIN_WRONG_SHAPE',
    );
    expect(lines).toEqual([['warn', expect.any(String), { error: 'bye ***' }]]);
  });

  it.each(['throw Object.create(null);', 'throw null;', 'throw undefined;', "throw 'a text';"])(
    'has a code for any thrown value: %s',
    async (statement) => {
      await expect(openCache(pluginFile(`export const Factory = () => { ${statement} };`))).rejects.toHaveProperty(
        'code',
        'PLUGIN_FACTORY_THREW',
      );
    },
  );

  it.each([
    [
      'an error whose message is not a string',
      `throw Object.assign(new Error(), { message: { a: 1 } });`,
      'PLUGIN_FACTORY_THREW',
    ],
    [
      'an error whose message cannot be read',
      `throw Object.defineProperty(new Error(), 'message', { get() { throw new Error('gotcha'); } });`,
      'PLUGIN_FACTORY_THREW',
    ],
    [
      'a ping that fails in an odd way',
      `return { get() {}, set() {}, ping() { throw { toString: null }; } };`,
      undefined,
    ],
  ])('has a code, or none is needed, after %s', async (_what, body, code) => {
    const opened = openCache(pluginFile(`export const Factory = () => { ${body} };`));
    await expect(
      opened.then(
        () => undefined,
        (error: { code?: string }) => error.code,
      ),
    ).resolves.toBe(code);
  });

  it.each([
    `export const manifest = { get kind() { throw new Error('no kind today'); } }; export const Factory = () => {};`,
    `export default { get Factory() { throw new Error('no factory today'); } };`,
  ])('has a code when an export cannot be read: %s', async (source) => {
    await expect(openCache(pluginFile(source))).rejects.toMatchObject({
      code: 'PLUGIN_NOT_LOADABLE',
      message: expect.stringContaining('found an export that cannot be read (no '),
    });
  });

  it('masks secrets in its cause', async () => {
    const path = pluginFile(`
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', secrets: ['TOKEN'] };
      export const Factory = (_log, { config }) => { throw new TypeError('AUTH ' + config.TOKEN); };
    `);
    const error: unknown = await openCache(path, { env: { TOKEN: 'hunter2' } }).catch((reason: unknown) => reason);
    expect(inspect(error)).toContain('[TypeError]: AUTH ***');
    expect(inspect(error)).not.toContain('hunter2');
  });

  it('reports a class that is exported instead of a factory', async () => {
    const path = pluginFile(`export class Factory { get() {} set() {} }`);
    await expect(openCache(path)).rejects.toMatchObject({
      code: 'PLUGIN_FACTORY_NOT_A_FUNCTION',
      message: expect.stringContaining('found a class named "Factory", wanted a function named "Factory"'),
    });
  });

  it('reports a default export that could be the factory', async () => {
    await expect(openCache(pluginFile(`export default function () {}`))).rejects.toMatchObject({
      code: 'PLUGIN_NO_FACTORY',
      message: expect.stringContaining('found the exports default, '),
    });
  });

  it.each([
    ['json', '{}'],
    ['ts', 'enum Kind { A } export const Factory = () => Kind.A;'],
  ])('reports a file that is not JavaScript: .%s', async (extension, source) => {
    await expect(openCache(pluginFile(source, extension))).rejects.toMatchObject({
      code: 'PLUGIN_NOT_LOADABLE',
      message: expect.stringContaining(`found a file that ends in .${extension}, wanted a JavaScript module`),
    });
  });

  it('reports an import of a missing export', async () => {
    const path = pluginFile(`import { nope } from 'node:fs'; export const Factory = nope;`);
    await expect(openCache(path)).rejects.toMatchObject({
      code: 'PLUGIN_NOT_LOADABLE',
      message: expect.stringContaining('found an import that cannot be resolved ('),
    });
  });

  it('closes an instance that its factory made too late', async () => {
    const path = pluginFile(`
      export const seen = { closed: Promise.withResolvers(), count: 0 };
      export const Factory = (_log, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({
        get() {}, set() {}, close() { seen.closed.resolve(++seen.count); },
      })));
    `);
    await expect(openCache(path, { startTimeoutMs: 1_000 })).rejects.toHaveProperty('code', 'PLUGIN_START_TIMEOUT');
    await expect((seenBy(path).closed as PromiseWithResolvers<number>).promise).resolves.toBe(1);
  });

  it('does not run the factory when the configuration comes too late', async () => {
    const path = pluginFile(`
      export const seen = { factoryRan: false };
      let finish;
      const late = new Promise((resolve) => (finish = () => resolve({ value: {} })));
      seen.finish = finish;
      const config = { '~standard': { version: 1, validate: () => late } };
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', config };
      export const Factory = () => { seen.factoryRan = true; };
    `);
    await expect(openCache(path, { startTimeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'PLUGIN_START_TIMEOUT',
      message: expect.stringContaining('while checking its configuration'),
    });
    (seenBy(path).finish as () => void)();
    await new Promise((resolve) => setImmediate(resolve));
    expect(seenBy(path).factoryRan).toBe(false);
  });

  it('refuses invalid options before it locates the file', async () => {
    await expect(openCache(fixture('no-such-file.mjs'), { startTimeoutMs: 0 })).rejects.toHaveProperty(
      'code',
      'PLUGIN_OPTION_INVALID',
    );
  });
});
