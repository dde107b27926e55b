// The admin routes over HTTP, on Express and Fastify.
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  type CanActivate,
  Controller,
  type DynamicModule,
  type ExecutionContext,
  Injectable,
  Module,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fallback, folderOf, GREETER, greeter, type Greeter, greeterFile } from '../../../../test/support/greeters.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import { getPluginToken, PluginModule } from '../index.js';
import { PluginAdminController, PluginProblemFilter } from './index.js';

@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['authorization'] === 'Bearer right';
  }
}

@Controller('admin/plugins')
@UseGuards(TokenGuard)
@UseFilters(PluginProblemFilter)
class AdminController extends PluginAdminController {}

@Module({ controllers: [AdminController] })
class AdminModule {}

const ADAPTERS = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

const { logger } = recordingLogger();

/** An application with the admin routes of these plugins. */
async function serve(adapter: keyof typeof ADAPTERS, ...imports: DynamicModule[]) {
  const options = { logger: false, abortOnError: false } as const;
  const app = await NestFactory.create({ module: AdminModule, imports }, ADAPTERS[adapter](), options);
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    ask: async (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') => {
      const response = await fetch(`http://127.0.0.1:${port}/admin/plugins${path}`, {
        method,
        headers: { authorization: 'Bearer right', ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
    },
    url: `http://127.0.0.1:${port}/admin/plugins`,
  };
}

const PROBLEM = 'application/problem+json; charset=utf-8';

describe.each(['Express', 'Fastify'] as const)('The admin routes, on %s', (adapter) => {
  it('list plugins and folders, and show one plugin, also one of a named folder', async () => {
    const directory = folderOf({ 'a.mjs': greeter('@acme/hi'), 'b.mjs': 'throw new Error("no")' });
    const { ask } = await serve(
      adapter,
      PluginModule.forPlugin(GREETER, { path: greeterFile('shown'), logger }),
      PluginModule.forPlugin(GREETER, { name: 'eu', fallback, logger }),
      PluginModule.forDirectory(GREETER, { directory, name: 'all', logger }),
    );
    await expect(ask('')).resolves.toMatchObject({
      status: 200,
      body: {
        plugins: [{ name: 'greeter' }, { name: 'greeter/all/@acme/hi' }, { name: 'greeter/eu', state: 'none' }],
        folders: [
          {
            name: 'greeter/all',
            directory,
            failed: { 'b.mjs': { code: 'PLUGIN_NOT_LOADABLE', message: expect.stringContaining('b.mjs') } },
          },
        ],
      },
    });
    await expect(ask('/greeter')).resolves.toMatchObject({ status: 200, body: { plugin: { name: 'shown' } } });
    await expect(ask('/greeter/eu')).resolves.toMatchObject({ body: { name: 'greeter/eu' } });
    await expect(ask('/greeter/all/%40acme%2Fhi')).resolves.toMatchObject({ body: { plugin: { name: '@acme/hi' } } });
  });

  it('swap a plugin', async () => {
    const within = folderOf({ 'old.mjs': greeter('before-swap'), 'new.mjs': greeter('after-swap') });
    const { app, ask } = await serve(
      adapter,
      PluginModule.forPlugin(GREETER, { path: join(within, 'old.mjs'), within, logger }),
    );
    await expect(ask('/greeter', { path: join(within, 'new.mjs'), isolation: 'worker' })).resolves.toMatchObject({
      status: 200,
      body: {
        swaps: 1,
        plugin: { name: 'after-swap', isolation: 'worker' },
        lasts: 'until the restart, which opens the configured path again',
      },
    });
    const plugin = app.get<Greeter>(getPluginToken(GREETER), { strict: false });
    await expect(plugin.greet('you')).resolves.toBe('after-swap you');
  });

  it('refuse a swap with code and message of the error', async () => {
    const within = folderOf({ 'a.mjs': greeter('unswapped') });
    const path = join(within, 'a.mjs');
    const { ask } = await serve(adapter, PluginModule.forPlugin(GREETER, { path, within, logger }));
    await expect(ask('/greeter', { path: join(within, 'none.mjs') })).resolves.toEqual({
      status: 422,
      type: PROBLEM,
      body: {
        type: 'about:blank',
        title: 'Unprocessable Entity',
        status: 422,
        code: 'PLUGIN_NOT_FOUND',
        detail: expect.stringContaining(`plugin ${join(within, 'none.mjs')}: found no such file`),
      },
    });
  });

  it('refuse a body with another content type', async () => {
    const { url } = await serve(adapter, PluginModule.forPlugin(GREETER, { fallback, logger }));
    const response = await fetch(`${url}/greeter`, {
      method: 'POST',
      headers: { authorization: 'Bearer right', 'content-type': 'application/x-www-form-urlencoded' },
      body: '{"path":"a.mjs"}',
    });
    expect(response.status).toBeOneOf([400, 415]);
    expect(await response.json()).toMatchObject({
      detail: expect.stringMatching(/application\/x-www-form-urlencoded/) as string,
    });
  });

  it('refuse a wrong body with all its problems', async () => {
    const { ask } = await serve(adapter, PluginModule.forPlugin(GREETER, { fallback, logger }));
    await expect(ask('/greeter', { isolation: 'sandbox', directory: '/' })).resolves.toMatchObject({
      status: 400,
      type: PROBLEM,
      body: {
        detail:
          'the body is invalid: path: wanted a path; isolation: wanted one of inline, worker, process; "directory": unknown field',
      },
    });
    for (const body of [[], { path: 1 }, { path: '' }]) {
      await expect(ask('/greeter', body)).resolves.toMatchObject({ status: 400 });
    }
    await expect(ask('/greeter', undefined, 'POST')).resolves.toMatchObject({
      status: 400,
      body: {
        detail:
          'the body is invalid: wanted a JSON object with a path, sent with the header Content-Type: application/json',
      },
    });
  });

  it('answer 404 for an unknown plugin', async () => {
    const { ask } = await serve(adapter, PluginModule.forPlugin(GREETER, { fallback, logger }));
    for (const path of ['/mailer', '/greeter/eu', '/constructor', '/greeter/a/b']) {
      await expect(ask(path)).resolves.toMatchObject({
        status: 404,
        type: PROBLEM,
        body: { detail: `unknown plugin ${path.slice(1)}; known plugins: greeter` },
      });
    }
  });

  it('refresh every folder', async () => {
    const directory = folderOf();
    const { ask } = await serve(adapter, PluginModule.forDirectory(GREETER, { directory, logger }));
    writeFileSync(join(directory, 'a.mjs'), greeter('appeared'));
    await expect(ask('', undefined, 'POST')).resolves.toMatchObject({
      status: 200,
      body: { folders: { greeter: { added: ['appeared'], changed: [], removed: [], failed: [] } } },
    });
  });

  it('answer no request that the guard refuses', async () => {
    const { url } = await serve(adapter, PluginModule.forPlugin(GREETER, { fallback, logger }));
    for (const method of ['GET', 'POST']) {
      expect((await fetch(url, { method })).status).toBe(403);
      expect((await fetch(`${url}/greeter`, { method })).status).toBe(403);
    }
  });
});

describe('An admin controller without a guard', () => {
  it('fails the start', async () => {
    @Controller('admin/plugins')
    class OpenController extends PluginAdminController {}
    @Module({ controllers: [OpenController], imports: [PluginModule.forPlugin(GREETER, { fallback, logger })] })
    class OpenModule {}
    await expect(
      NestFactory.createApplicationContext(OpenModule, { logger: false, abortOnError: false }),
    ).rejects.toThrow(
      'OpenController has no guard, but its routes load code; add @UseGuards(...) to the class, even if there is a global guard',
    );
  });
});
