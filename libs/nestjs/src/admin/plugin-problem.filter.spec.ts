// HTTP responses for uncaught errors of plugins, on Express and Fastify.
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, Param, Res } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DomainError, PluginError, type PluginErrorCode } from '@pluggable/host';
import { lastValueFrom, type Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PluginProblemFilter } from './index.js';

interface Response {
  readonly raw?: Response;
  write(chunk: string): void;
}

@Controller()
class FailingController {
  @Get('streams')
  stream(@Res() response: Response): never {
    (response.raw ?? response).write('the first half');
    return this.fail('PLUGIN_DOWN');
  }

  @Get('domain/:code')
  refuse(@Param('code') code: string): never {
    const nothing = { details: undefined, stack: undefined, cause: undefined };
    throw new DomainError({ name: 'Error', message: 'no such address', code, ...nothing });
  }

  @Get(':code')
  fail(@Param('code') code: PluginErrorCode): never {
    throw new PluginError(code, { path: '/secret/path', found: 'this', wanted: 'that', fix: 'do so' });
  }
}

@Module({ controllers: [FailingController] })
class FailingModule {}

const PARTS = [
  { status: 503, codes: ['PLUGIN_BREAKER_OPEN', 'PLUGIN_OVERLOADED', 'PLUGIN_DOWN', 'PLUGIN_CLOSED'] },
  { status: 504, codes: ['PLUGIN_CALL_TIMEOUT'] },
  {
    status: 502,
    codes: ['PLUGIN_CALL_FAILED', 'PLUGIN_WRONG_ANSWER', 'PLUGIN_ENDED', 'PLUGIN_BLOCKED', 'PLUGIN_MISBEHAVED'],
  },
  { status: 500, codes: ['PLUGIN_WRONG_ARGUMENTS', 'PLUGIN_NAME_TAKEN'] },
];

describe.each<[string, () => ExpressAdapter | FastifyAdapter]>([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('The filter for the problems of plugins, on %s', (_name, adapter) => {
  /** What Nest logs as an error. */
  const errors: unknown[] = [];
  const logger = { log() {}, warn() {}, error: (error: unknown) => void errors.push(error) };
  const start = () => NestFactory.create(FailingModule, adapter(), { logger, abortOnError: false });
  let app: Awaited<ReturnType<typeof start>>;

  beforeAll(async () => {
    app = await start();
    const Filter = PluginProblemFilter.with({ INVALID_ADDRESS: 400 });
    app.useGlobalFilters(new Filter(app.get(HttpAdapterHost)));
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  it.each(PARTS.flatMap(({ status, codes }) => codes.map((code) => ({ status, code }))))(
    'answers $status to $code without a path',
    async ({ status, code }) => {
      const { port } = app.getHttpServer().address() as AddressInfo;
      const response = await fetch(`http://127.0.0.1:${port}/${code}`);
      const text = await response.text();
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(response.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
      expect(JSON.parse(text)).toEqual({
        type: 'about:blank',
        title: expect.any(String),
        status,
        code,
        detail: expect.any(String),
      });
      expect(text).not.toContain('secret');
    },
  );

  it.each([
    { code: 'INVALID_ADDRESS', status: 400, detail: 'no such address' },
    { code: 'UNKNOWN', status: 500, detail: 'the request failed; see the log of the server' },
    { code: 'constructor', status: 500, detail: 'the request failed; see the log of the server' },
  ])('answers $status to the domain error $code', async ({ code, status, detail }) => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/domain/${code}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status, code, detail });
  });

  it('ends a response that has already started', async () => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/streams`);
    expect(response.status).toBe(200);
    await expect(response.text()).resolves.toBe('the first half');
    expect(errors).toEqual([]);
  });
});

it('The filter for the problems of plugins answers a message as Nest does', async () => {
  const context = new ExecutionContextHost([]);
  context.setType('rpc');
  const error = new PluginError('PLUGIN_DOWN', { path: '/secret/path', found: 'this', wanted: 'that', fix: 'do so' });
  const answer = new PluginProblemFilter(new HttpAdapterHost()).catch(error, context) as Observable<never>;
  await expect(lastValueFrom(answer)).rejects.toEqual({ status: 'error', message: 'Internal server error' });
});
