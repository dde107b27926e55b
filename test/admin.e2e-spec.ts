// Access to the admin routes, and swaps without a configured folder.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pluginStatus, swap, TOKEN } from './support/admin.js';
import { MEMORY_PLUGIN, type Program, startProgram } from './support/program.js';
import { type Answer, ask } from './support/request.js';

const TOO_MANY = 'too many wrong admin tokens; further ones get 429 and are counted only';

let program: Program;
beforeAll(async () => {
  program = await startProgram({ env: { ADMIN_TOKEN: TOKEN } });
});
afterAll(async () => {
  await program.stop();
});

async function statusWith(authorization: string): Promise<Answer> {
  return await ask(program.url, '/admin/plugins/cache', { headers: { Authorization: authorization } }).answer;
}

describe('without CACHE_PLUGIN_PATH and CACHE_PLUGIN_DIR', () => {
  it.each([MEMORY_PLUGIN, '/etc/passwd', '/no/such/file', '/', 'file:///etc/passwd', 'http://a'])(
    'a swap loads nothing, and does not reveal whether %j exists',
    async (path) => {
      const { status, body } = await swap(program, { path });
      expect([status, body]).toMatchObject([
        422,
        {
          code: 'PLUGIN_OUTSIDE_DIRECTORY',
          detail: `plugin ${path}: found a swap without an allowed folder, wanted a folder from which swaps may load files; set CACHE_PLUGIN_DIR`,
        },
      ]);
      expect((await pluginStatus(program)).body).toMatchObject({ state: 'none', swaps: 0 });
    },
  );
});

const admin = async (path: string, method = 'GET'): Promise<Answer> =>
  await ask(program.url, path, { method, headers: { Authorization: `Bearer ${TOKEN}` } }).answer;

describe('the routes of all plugins', () => {
  it('list all plugins, and read no folder if none is configured', async () => {
    expect(await admin('/admin/plugins')).toMatchObject({
      status: 200,
      body: { plugins: [{ name: 'cache', kind: 'cache', state: 'none', swaps: 0 }], folders: [] },
    });
    expect(await admin('/admin/plugins', 'POST')).toMatchObject({ status: 200, body: { folders: {} } });
  });

  it.each(['GET', 'POST'])('answer 404 for another plugin, in the common shape of errors: %s', async (method) => {
    expect(await admin('/admin/plugins/cache/sessions', method)).toMatchObject({
      status: 404,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      body: { error: 'not found', detail: 'unknown plugin cache/sessions; known plugins: cache' },
    });
  });

  it('require the token', async () => {
    for (const path of ['/admin/plugins', '/admin/plugins/cache', '/admin/plugins/cache/sessions']) {
      for (const method of ['GET', 'POST']) expect((await ask(program.url, path, { method }).answer).status).toBe(401);
    }
  });
});

describe('wrong tokens', () => {
  it('are logged with their address up to the limit, then get 429; the correct one is accepted at any time', async () => {
    const wrong: Answer[] = [];
    for (let asked = 0; asked < 40; asked++) {
      wrong.push(await statusWith(`Bearer wrong-${asked}`));
      expect((await pluginStatus(program)).status).toBe(200);
    }

    expect(wrong.map(({ status }) => status)).toEqual([...Array<number>(20).fill(401), ...Array<number>(20).fill(429)]);
    expect(wrong.at(-1)).toMatchObject({
      headers: { 'retry-after': expect.stringMatching(/^\d+$/), 'content-type': expect.stringContaining('problem') },
      body: { status: 429, error: 'too many wrong tokens' },
    });
    await program.caughtUp();
    expect(program.logged('wrong admin token', { level: 40, address: '127.0.0.1' })).toHaveLength(20);
    expect(program.logged(TOO_MANY, { level: 40, address: '127.0.0.1' })).toHaveLength(1);
    expect(JSON.stringify(program.lines)).not.toContain('wrong-');
    // A request without a token is not a guess.
    expect((await ask(program.url, '/admin/plugins/cache').answer).status).toBe(401);
  });
});
