// The shape of errors, from both writers.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Problem, problemBytes, writeProblem } from './problem.js';

const PROBLEM: Problem = { status: 503, detail: 'später', code: 'BUSY', headers: { 'Retry-After': '7' } };

/** Answers by a response to /written, and by bytes to other paths. */
const server = createServer((request, response) => {
  if (request.url === '/written') {
    // Headers that the route has set for its own answer.
    response.setHeader('Cache-Control', 'max-age=60');
    writeProblem(response, PROBLEM);
  } else {
    response.socket?.end(problemBytes(PROBLEM));
  }
});
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe.each(['/written', '/bytes'])('a problem, %s', (path) => {
  it('has status, headers, type and the members of RFC 9457, with the error of the original', async () => {
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);

    expect(answer.status).toBe(503);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '7',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      date: expect.stringMatching(/GMT$/),
    });
    expect(await answer.json()).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: 'später',
      error: 'service unavailable',
      code: 'BUSY',
    });
  });
});
