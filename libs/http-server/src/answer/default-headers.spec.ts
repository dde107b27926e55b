// Headers of every response, with every way to write headers.
import { createServer, IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { expressMessages } from '../express-messages.js';
import { addDefaultHeaders } from './default-headers.js';

const app = express().disable('x-powered-by').disable('etag');
app.get('/', (_request, response) => response.send('x'));
addDefaultHeaders(app.response, [
  ['Cache-Control', 'no-store'],
  ['X-Frame-Options', 'DENY'],
]);
const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function ask(listener: RequestListener): Promise<Response> {
  const server = createServer(expressMessages(app), listener);
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

const WAYS: Record<string, RequestListener> = {
  'end()': (_, response) => response.end('x'),
  'write()': (_, response) => {
    response.write('x');
    response.end();
  },
  'flushHeaders()': (_, response) => {
    response.flushHeaders();
    response.end();
  },
  'writeHead() with a list': (_, response) => response.writeHead(200, ['X-Own', 'yes']).end(),
  'writeHead() with a list and a reason': (_, response) => response.writeHead(200, 'Fine', ['X-Own', 'yes']).end(),
  'writeHead() with an object': (_, response) => response.writeHead(200, { 'X-Own': 'yes' }).end(),
  'writeHead() with a list after setHeader()': (_, response) => {
    response.setHeader('X-Set', 'yes');
    response.writeHead(200, ['X-Own', 'yes']).end();
  },
  'send() of Express': app,
};

describe('default headers', () => {
  it.each(Object.entries(WAYS))('are part of an answer that is written by %s', async (way, listener) => {
    const { headers } = await ask(listener);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-own')).toBe(way.startsWith('writeHead()') ? 'yes' : null);
    expect(headers.get('x-set')).toBe(way.endsWith('setHeader()') ? 'yes' : null);
  });

  it.each<[way: string, listener: RequestListener]>([
    ['setHeader()', (_, response) => response.setHeader('cache-control', 'max-age=9').end()],
    ['a list', (_, response) => response.writeHead(200, ['CACHE-CONTROL', 'max-age=9']).end()],
    ['an object', (_, response) => response.writeHead(200, { 'cache-Control': 'max-age=9' }).end()],
  ])('are replaced by headers of the answer with %s, and appear once', async (_way, listener) => {
    const { headers } = await ask(listener);
    expect(headers.get('cache-control')).toBe('max-age=9');
    expect(headers.get('x-frame-options')).toBe('DENY');
  });

  it('leave out Connection: keep-alive of the answer, so that the end of the connection stays decided', async () => {
    const { headers } = await ask((_, response) => {
      response.setHeader('Connection', 'close');
      response.writeHead(200, { connection: 'Keep-Alive', 'X-Own': 'yes' }).end();
    });
    expect([headers.get('connection'), headers.get('x-own')]).toEqual(['close', 'yes']);
  });

  it('are not set before the headers are written, so that a handler sees only its own', async () => {
    let names: readonly string[] = ['none seen'];
    await ask((_, response) => {
      names = response.getHeaderNames();
      response.end();
    });
    expect(names).toEqual([]);
  });
});

describe('the messages', () => {
  it('have the prototypes of Express from the beginning', async () => {
    let seen: readonly unknown[] = [];
    await ask((request, response) => {
      seen = [Object.getPrototypeOf(request) === app.request, Object.getPrototypeOf(response) === app.response];
      seen = [...seen, request instanceof IncomingMessage, response instanceof ServerResponse];
      response.end();
    });
    expect(seen).toEqual([true, true, true, true]);
  });
});
