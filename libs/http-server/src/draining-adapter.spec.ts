// The answers of the adapter in a listening Nest application.
import { Controller, Get, HttpCode, Logger, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Response as ExpressResponse } from 'express';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Answer } from './answer/answer.js';
import { DrainingAdapter } from './draining-adapter.js';

@Controller()
class Answers {
  @Get('object')
  object() {
    return { a: 'é' };
  }

  @Get('answer')
  @HttpCode(201)
  answer() {
    return new Answer({ a: 1 }, { 'X-Own': 'yes', 'cache-control': 'max-age=9' });
  }

  @Get('last')
  last(@Res({ passthrough: true }) response: ExpressResponse) {
    response.setHeader('Connection', 'close');
    response.setHeader('X-Set', 'yes');
    return new Answer({ a: 1 }, { 'X-Own': 'yes' });
  }

  @Get('text')
  text() {
    return 'text';
  }

  @Get('unwritable')
  unwritable() {
    return new Answer({ a: 1 }, { 'X-Own': 'a\nb' });
  }
}

let app: NestExpressApplication;
let url = '';
beforeAll(async () => {
  const limits = { keepAliveTimeoutMs: 5e3, headersTimeoutMs: 5e3, requestTimeoutMs: 5e3, maxHeaderBytes: 16_384 };
  const adapter = new DrainingAdapter({ graceMs: 1_000, limits, maxAnswersTogether: 64 });
  app = await NestFactory.create({ module: Answers, controllers: [Answers] }, adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterAll(() => app.close());

const ask = async (path: string, method = 'GET') => {
  const response = await fetch(`${url}/${path}`, { method });
  return { status: response.status, headers: response.headers, body: await response.text() };
};

describe('DrainingAdapter', () => {
  it('sends an object as JSON, with the default headers', async () => {
    const { status, headers, body } = await ask('object');
    expect([status, body]).toEqual([200, '{"a":"é"}']);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('content-length')).toBe('10');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it("sends an answer's own headers, which win over the default headers", async () => {
    const { status, headers, body } = await ask('answer');
    expect([status, body]).toEqual([201, '{"a":1}']);
    expect(headers.get('x-own')).toBe('yes');
    expect(headers.get('cache-control')).toBe('max-age=9');
    expect(headers.get('x-frame-options')).toBe('DENY');
  });

  it('sends headers that the handler has set on the response', async () => {
    const { headers } = await ask('last');
    expect([headers.get('connection'), headers.get('x-set'), headers.get('x-own')]).toEqual(['close', 'yes', 'yes']);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const { status, headers, body } = await ask('object', 'HEAD');
    expect([status, headers.get('content-length'), body]).toEqual([200, '10', '']);
  });

  it('passes all other values to Express', async () => {
    const { headers, body } = await ask('text');
    expect(body).toBe('text');
    expect(headers.get('content-type')).toContain('text/html');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('answers 500 if an answer cannot be written, logs the reason, and serves on', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const all = await Promise.all(['object', 'unwritable', 'object'].map((path) => ask(path)));
    expect(all.map(({ status }) => status)).toEqual([200, 500, 200]);
    expect(all[1]?.body).toContain('the request failed; the log says why');
    expect(error).toHaveBeenCalledOnce();
    expect(error).toHaveBeenCalledWith(
      expect.stringMatching(/^an answer could not be written: .*"X-Own"/),
      expect.stringContaining('at '),
    );
  });
});
