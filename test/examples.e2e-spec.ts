// The examples, run like a reader would run them.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ISOLATIONS } from '@pluggable/host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAILER, type Mailer } from '../examples/mailer/mailer.js';
import { openPlugin } from './support/built-host.js';
import { eventually } from './support/eventually.js';
import { startExample } from './support/example.js';
import { MailServer, REFUSED, UNANSWERED } from './support/mail-server.js';
import { ROOT, runProgram, startProgram } from './support/program.js';
import { get } from './support/request.js';

const run = promisify(execFile);
const bin = (name: string): string => join(ROOT, 'node_modules', '.bin', name);
const example = (name: string): string => join(ROOT, 'examples', name);
const build = async (name: string, ...tools: ('tsc' | 'rolldown')[]): Promise<void> => {
  const args = { tsc: [], rolldown: ['-c'] };
  await Promise.all(tools.map((tool) => run(bin(tool), args[tool], { cwd: example(name) })));
};
const problem = (status: number, code: string): object => ({
  status,
  headers: { 'content-type': 'application/problem+json; charset=utf-8' },
  body: { status, code },
});

const settings = (server: MailServer) => ({ SMTP_URL: server.url, MAIL_FROM: 'shop@example.org' });

/** The tests of examples/plugin. They mostly wait, so they run in parallel with those of the other examples. */
let kit: ReturnType<typeof run> | undefined;

beforeAll(async () => {
  await Promise.all([build('mailer', 'tsc', 'rolldown'), build('payments', 'tsc'), build('plugin', 'rolldown')]);
  kit = run(bin('vitest'), ['run'], { cwd: example('plugin'), env: { PATH: process.env['PATH'], NO_COLOR: '1' } });
});
afterAll(() => kit?.catch(() => undefined));

describe('the mailer, an application with its own contract', () => {
  const folder = example('mailer');
  const main = join(folder, 'dist', 'main.js');
  const plugins = join(folder, 'dist', 'plugins');
  const CONSOLE = join(plugins, 'console.mjs');
  const SMTP = join(plugins, 'smtp.mjs');
  const mail = { to: 'ada@example.org', subject: 'Your order', text: 'It is on its way.' };

  it('has less than 40 lines of code', async () => {
    const lines = (await readFile(join(folder, 'main.ts'), 'utf8')).split('\n');

    expect(lines.filter((line) => /^\s*(?!\/\/)\S/.test(line)).length).toBeLessThan(40);
  });

  it('logs a mail through the console plugin', async () => {
    await using app = await startExample(main, { MAILER_PLUGIN: CONSOLE });

    expect(await app.post('/mails', mail)).toMatchObject({ status: 201, body: { id: expect.any(String) } });
    await eventually('the mail in the log', () => app.output.includes(`text: '${mail.text}'`));
    expect(await app.post('/mails', { ...mail, to: 'ada' })).toMatchObject(problem(400, 'INVALID_ADDRESS'));
    expect(await app.post('/mails', { to: 1 })).toMatchObject({ status: 400 });
    expect(await app.get('/admin/plugins')).toMatchObject({ status: 401 });
  });

  it.concurrent.each(ISOLATIONS)('sends a mail through the smtp plugin, %s', async (isolation) => {
    await using server = await MailServer.start();
    const env = { MAILER_PLUGIN: SMTP, MAILER_ISOLATION: isolation, ...settings(server) };
    await using app = await startExample(main, env);

    expect(await app.post('/mails', mail)).toMatchObject({ status: 201 });
    expect(server.mails).toMatchObject([{ from: 'shop@example.org', to: ['ada@example.org'] }]);
    expect(server.mails[0]?.content).toMatch(/^Subject: Your order\r\n[^]*\r\n\r\nIt is on its way\.\r\n$/m);
    expect(await app.get('/health')).toMatchObject({
      body: { status: 'ok', details: { mailer: { isolation } } },
    });

    for (const to of [REFUSED, 'a\r\nb@example.org']) {
      expect(await app.post('/mails', { ...mail, to })).toMatchObject(problem(400, 'INVALID_ADDRESS'));
    }
    expect(server.mails).toHaveLength(1);

    await server.close();
    expect(await app.post('/mails', mail)).toMatchObject(problem(502, 'PLUGIN_CALL_FAILED'));
    expect(await app.get('/health')).toMatchObject({
      status: 200,
      body: { status: 'degraded', details: { mailer: { state: 'degraded', error: 'PLUGIN_CALL_FAILED' } } },
    });
  });

  it.concurrent.each(ISOLATIONS)(
    'closes the connection of a mail that its caller has aborted, %s',
    async (isolation) => {
      await using server = await MailServer.start();
      const plugin = await openPlugin<Mailer>(MAILER, {
        path: SMTP,
        isolation,
        env: settings(server),
        callTimeoutMs: 60_000,
      });
      try {
        const caller = new AbortController();
        const reason = new Error('given up');
        const outcome = plugin.proxy
          .send({ ...mail, to: UNANSWERED }, { signal: caller.signal })
          .catch((error: unknown) => error);
        await eventually('the question about the recipient', () => server.unanswered === 1);
        caller.abort(reason);
        expect(await outcome).toBe(reason);

        await eventually('the end of the connection', () => server.connections === 0);
        expect(plugin.status().restarts).toBe(0);
      } finally {
        await plugin.close();
      }
    },
  );

  it('swaps the console plugin for the smtp plugin while it runs', async () => {
    await using server = await MailServer.start();
    const env = { MAILER_PLUGIN: CONSOLE, MAILER_PLUGIN_DIR: plugins, ADMIN_TOKEN: 'a token', ...settings(server) };
    await using app = await startExample(main, env);
    const swap = (path: string, token: string) =>
      app.post('/admin/plugins/mailer', { path }, { Authorization: `Bearer ${token}` });

    expect(await swap(SMTP, 'another token')).toMatchObject({ status: 401 });
    expect(await swap(main, 'a token')).toMatchObject(problem(422, 'PLUGIN_OUTSIDE_DIRECTORY'));
    expect(await app.post('/mails', mail)).toMatchObject({ status: 201 });
    expect(server.mails).toHaveLength(0);

    expect(await swap(SMTP, 'a token')).toMatchObject({ status: 200, body: { plugin: { name: 'smtp' }, swaps: 1 } });
    expect(await app.post('/mails', mail)).toMatchObject({ status: 201 });
    expect(server.mails).toHaveLength(1);
  });

  it('reports a wrong plugin path in one sentence, and ends', async () => {
    const env = { PORT: '0', MAILER_PLUGIN: 'nowhere.mjs' };

    expect(await runProgram({ main, env })).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^plugin \S+nowhere\.mjs: found no such file, [^\n]+ correct MAILER_PLUGIN\n$/),
    });
  });
});

describe('the payments, an application whose plugins are the files of a folder', () => {
  const folder = example('payments');
  const main = join(folder, 'dist', 'main.js');
  const order = { reference: 'A1', cents: 1_200 };
  const broken = { 'voucher.mjs': 'PLUGIN_WRONG_CONTRACT_VERSION' };
  let directory = '';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'payments-'));
    await cp(join(folder, 'plugins'), directory, { recursive: true });
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('pays by the name of a provider, besides a broken file', async () => {
    await using app = await startExample(main, {});

    expect((await app.get('/providers')).body).toEqual({ providers: ['card', 'invoice'], failed: broken });
    for (const name of ['card', 'invoice']) {
      expect(await app.post(`/providers/${name}/payments`, order)).toMatchObject({
        status: 201,
        body: { receipt: `${name}-A1` },
      });
    }
    expect(await app.post('/providers/voucher/payments', order)).toMatchObject({ status: 404 });
    const large = { ...order, cents: 60_000 };
    expect(await app.post('/providers/card/payments', large)).toMatchObject(problem(402, 'DECLINED'));
  });

  it('serves an added file and drops a removed one after a refresh', async () => {
    await using app = await startExample(main, { PAYMENTS_DIR: directory });
    const refresh = async () => (await app.post('/providers/refresh', {})).body;
    const added = (await readFile(join(directory, 'invoice.mjs'), 'utf8')).replaceAll('invoice', 'transfer');
    const failed = ['voucher.mjs'];

    await writeFile(join(directory, 'transfer.mjs'), added);
    expect(await refresh()).toEqual({ added: ['transfer'], changed: [], removed: [], failed });
    expect((await app.get('/providers')).body).toMatchObject({ providers: ['card', 'invoice', 'transfer'] });
    expect(await app.post('/providers/transfer/payments', order)).toMatchObject({ body: { receipt: 'transfer-A1' } });

    await rm(join(directory, 'card.mjs'));
    expect(await refresh()).toEqual({ added: [], changed: [], removed: ['card'], failed });
    expect((await app.get('/providers')).body).toEqual({ providers: ['invoice', 'transfer'], failed: broken });
    expect(await app.post('/providers/card/payments', order)).toMatchObject({ status: 404 });
  });

  it('reports a missing folder in one sentence, and ends', async () => {
    expect(await runProgram({ main, env: { PORT: '0', PAYMENTS_DIR: 'nowhere' } })).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^plugin \S+nowhere: found no such folder, [^\n]+ correct PAYMENTS_DIR\n$/),
    });
  });
});

describe('a third-party plugin', () => {
  const folder = example('plugin');
  const path = join(folder, 'dist', 'cache-files.mjs');

  it('keeps the contract', async () => {
    expect((await kit)?.stdout).toMatch(/Tests\s.*passed/);
  });

  it.concurrent.each(ISOLATIONS)('finds its entries when it is opened again, %s', async (isolation) => {
    const host = join(ROOT, 'test', 'fixtures', 'hosts', 'keeps-an-entry.mjs');
    const cwd = await mkdtemp(join(tmpdir(), 'cache-files-'));
    const { stdout } = await run(process.execPath, [host, path, isolation], { cwd });

    expect(JSON.parse(stdout)).toEqual({ status: 'hit', value: 'value' });
    await rm(cwd, { recursive: true });
  });

  it('serves in the program', async () => {
    const env = { CACHE_PLUGIN_PATH: path, FILES_DIR: await mkdtemp(join(tmpdir(), 'pluggable-')) };
    for (const outcome of ['pluggable; fwd=uri-miss', 'pluggable; hit']) {
      // The second program finds the entry of the first.
      await using program = await startProgram({ env });
      expect((await get(program.url, '/fib/20')).headers['cache-status']).toBe(outcome);
      await program.stop();
    }
  });
});
