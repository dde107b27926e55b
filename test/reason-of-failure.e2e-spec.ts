// The reason why the page has no live events, by the answers of a real server.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { reasonOfFailure } from '../src/playground/page/reason-of-failure.js';

async function serverThat(answers: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answers).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
}

it.each([
  [503, '{"error":"too many clients"}', { 'Retry-After': '10' }, { state: 'too-many-viewers', retryAfterMs: 10_000 }],
  [503, '{"error":"too many clients"}', { 'Retry-After': '9999' }, { state: 'too-many-viewers', retryAfterMs: 60_000 }],
  [503, '{"error":"too many clients"}', {}, { state: 'too-many-viewers' }],
  [503, '{"error":"shutting down"}', {}, { state: 'ended' }],
  [503, '<h1>no server is available</h1>', { 'Retry-After': '10' }, { state: 'ended' }],
  [429, '{"error":"too many requests"}', {}, { state: 'ended' }],
  [502, 'null', {}, { state: 'ended' }],
  [404, '{"error":"not found"}', {}, { state: 'off' }],
])('of status %d with %s and %j is %j', async (status, body, headers, reason) => {
  const url = await serverThat((_, response) => response.writeHead(status, headers).end(body));

  expect(await reasonOfFailure(url)).toEqual(reason);
});

it('is none when the service accepts the request, whose connection ends', async () => {
  const left = Promise.withResolvers<void>();
  const url = await serverThat((_, response) => {
    response.on('close', () => left.resolve());
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: one\n\n');
  });

  expect(await reasonOfFailure(url)).toEqual({ state: 'reconnecting' });
  await left.promise;
});

it('is the end of a service that does not answer', async () => {
  const url = await serverThat((request) => request.socket.destroy());

  expect(await reasonOfFailure(url)).toEqual({ state: 'ended' });
});
