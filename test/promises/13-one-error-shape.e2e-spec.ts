// Random requests of any form: each error answer has the same shape, and reveals nothing about the machine.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TOKEN } from '../support/admin.js';
import { fixture, MEMORY_PLUGIN, type Program, ROOT, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { type RawAnswer, RawClient } from '../support/raw-client.js';
import { requestBytes } from '../support/request-bytes.js';

/** Number of parallel requests and of rounds: the server ends each connection with one of its time-outs. */
const AT_ONCE = 100;
const RUNS = 5;
/** A slow machine may send fewer in the available time, but not fewer than this. */
const FEWEST = 300;

let program: Program;
let sent = 0;
/** The count of each status. */
const seen = new Map<number, number>();

beforeAll(async () => {
  program = await startProgram({
    env: {
      CACHE_PLUGIN_PATH: MEMORY_PLUGIN,
      ADMIN_TOKEN: TOKEN,
      FIB_MAX_N: '20',
      LOG_LEVEL: 'info',
      HTTP_HEADERS_TIMEOUT: '500ms',
      HTTP_REQUEST_TIMEOUT: '500ms',
      HTTP_KEEP_ALIVE_TIMEOUT: '100ms',
    },
  });
});
afterAll(async () => {
  const { code, stderr } = await program.stop();
  if (code !== 0 || stderr !== '') throw new Error(`the program ended with ${code}: ${stderr}`);
});

const STACK = [/\n\s+at /, /\bat \S+ \(/, /\.[jt]s:\d/, 'node:internal'];
/** A client with the token may see the path of the plugin, and no other path. */
const PLACES = [ROOT, ROOT.slice(0, -1), 'node_modules'];

function expectProblem({ status, headers, body }: RawAnswer): void {
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  const { code = 'NONE', ...problem } = JSON.parse(body) as Record<string, unknown>;
  expect(problem).toEqual({
    type: 'about:blank',
    title: expect.any(String),
    status,
    detail: expect.stringMatching(/./),
    error: expect.stringMatching(/./),
  });
  expect(code).toMatch(/^[A-Z_]+$/);
  const isOfPlugin = String(code).startsWith('PLUGIN_');
  for (const secret of [...STACK, ...(isOfPlugin ? [] : PLACES)]) expect(body).not.toMatch(secret);
}

/** Sends bytes on a new connection, and checks all answers until the server ends it. */
async function expectOneShape(bytes: Buffer): Promise<void> {
  using client = await RawClient.connect(program.url);
  client.socket.write(bytes);
  sent += 1;
  const answers = await client.closed();
  for (const { status } of answers) seen.set(status, (seen.get(status) ?? 0) + 1);
  for (const answer of answers.filter(({ status }) => status >= 400)) expectProblem(answer);
  // All received bytes belong to answers.
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => expect.toSatisfy(isStatus)));
}

const isStatus = (status: number): boolean => status >= 100 && status < 600;
const line = (text: string): string => `${text}\r\nHost: localhost\r\n\r\n`;
const post = (headers: string, text: string): string =>
  `POST /admin/plugins/cache HTTP/1.1\r\nHost: localhost\r\n${headers}\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
const json = `Authorization: Bearer ${TOKEN}\r\nContent-Type: application/json`;

promise(13, () => {
  it('holds for requests of any method, path, header, encoding and form, and the service continues', async ({
    task,
  }) => {
    const many = fc.array(requestBytes, { minLength: AT_ONCE, maxLength: AT_ONCE });
    const property = fc.asyncProperty(many, async (each) => void (await Promise.all(each.map(expectOneShape))));
    await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: 40_000 });
    expect(sent).toBeGreaterThanOrEqual(FEWEST);

    using client = await RawClient.connect(program.url);
    await client.send('GET /fib/20 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect((await client.answers(1)).map(({ status }) => status)).toEqual([200]);
    expect(program.lines.filter(({ level }) => level >= 50)).toEqual([]);
    const counts = [...seen].toSorted(([one], [other]) => one - other).map(([status, count]) => `${count} x ${status}`);
    figure(task, `${sent} sent: ${counts.join(', ')}`);
  });

  it.each([
    [400, 'a wrong n', line('GET /fib/21 HTTP/1.1')],
    [400, 'an escape that is not UTF-8', line('GET /fib/%FF HTTP/1.1')],
    [400, 'two Hosts', readFileSync(fixture('faults/two-hosts.http'), 'utf8')],
    [400, 'two Hosts beside a whole URL', 'GET http://a/fib/10 HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n'],
    [400, 'a Host that is none', 'GET /fib/10 HTTP/1.1\r\nHost: user@a\r\n\r\n'],
    [400, 'a URL with a user', line('GET http://user@a/fib/10 HTTP/1.1')],
    [400, 'two tokens', post(`${json}\r\nAuthorization: Bearer ${TOKEN}`, '{}')],
    [400, 'two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
    [400, 'no Host', 'GET /fib/10 HTTP/1.1\r\n\r\n'],
    [400, 'a wrong method', line('BREW /fib/10 HTTP/1.1')],
    [400, 'no HTTP', 'hello\r\n\r\n'],
    [400, 'a length that is none', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n'],
    [
      400,
      'a length and an encoding',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    [
      400,
      'a broken chunk',
      `POST /admin/plugins/cache HTTP/1.1\r\nHost: a\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n`,
    ],
    [400, 'a body that is not JSON', post(json, '{')],
    [400, 'a body of the wrong form', post(json, '{"path":1}')],
    [400, 'a body in another encoding than announced', post(`${json}\r\nContent-Encoding: gzip`, '{}')],
    [401, 'no token, and no JSON', post('Content-Type: application/json', '{')],
    [401, 'no token, and an unknown charset', post('Content-Type: application/json; charset=nonsense', '{}')],
    [401, 'no token, and a body that is too large', post('Content-Type: application/json', '['.repeat(20_000))],
    [401, 'no token', post('Content-Type: application/json', '{}')],
    [404, 'no route', line('GET /nowhere HTTP/1.1')],
    [404, 'a slash too many', line('GET /admin/plugins/cache/ HTTP/1.1')],
    [404, 'a slash too many for another method', line('DELETE /admin/plugins/cache/ HTTP/1.1')],
    [404, 'no path', line('GET * HTTP/1.1')],
    [405, 'another method', line('DELETE /fib/10 HTTP/1.1')],
    [405, 'a tunnel', line('CONNECT localhost:80 HTTP/1.1')],
    [408, 'half a request', 'GET /fib/10 HTTP/1.1\r\nHo'],
    [413, 'an unexpected body', 'GET /fib/10 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}'],
    [413, 'a body that is too large', post(json, `{"path":"${'x'.repeat(20_000)}"}`)],
    [
      413,
      'chunk extensions without end',
      `POST /admin/plugins/cache HTTP/1.1\r\nHost: a\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\n2;${'x'.repeat(20_000)}\r\n`,
    ],
    [415, 'an unknown encoding', post(`${json}\r\nContent-Encoding: nonsense`, '{}')],
    [415, 'an unknown charset', post(`${json}; charset=nonsense`, '{}')],
    [417, 'an expectation', 'GET /fib/10 HTTP/1.1\r\nHost: a\r\nExpect: the unexpected\r\n\r\n'],
    [422, 'a plugin that is not there', post(json, '{"path":"nowhere.mjs"}')],
    [431, 'large headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`],
  ])('holds for %i, %s', async (status, _, text) => {
    using client = await RawClient.connect(program.url);
    await client.send(text);
    const [answer] = await client.answers(1);

    expect(answer?.status).toBe(status);
    if (answer !== undefined) expectProblem(answer);
  });

  it('keeps the connection after a problem that does not concern it', async () => {
    using client = await RawClient.connect(program.url);
    for (let asked = 1; asked <= 3; asked++) {
      await client.send(line('GET /nowhere HTTP/1.1') + line('GET /fib/x HTTP/1.1'));
      await client.answers(2 * asked);
    }

    const answers = await client.answers(6);
    expect(answers.map(({ headers }) => headers['connection'])).toEqual(answers.map(() => 'keep-alive'));
  });
});
