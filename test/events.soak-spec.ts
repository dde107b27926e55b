// GET /events of the program: a client that does not read is cut, before its events fill the memory.
import { expect, it } from 'vitest';
import { scrape, seriesOf } from './support/metrics.js';
import { startProgram } from './support/program.js';
import { RawClient, requestFor } from './support/raw-client.js';

const PIPELINED = 30;
/** Long ids make large events. */
const REQUESTS = requestFor('/fib/1', [`X-Request-Id: ${'x'.repeat(128)}`]).repeat(PIPELINED);
/** Enough to fill the buffers of both sides of a connection. */
const LIMIT_MS = 120_000;

it('cuts a client that does not read', async () => {
  await using program = await startProgram({
    env: { LOG_LEVEL: 'info', HTTP_MAX_REQUESTS_PER_CONNECTION: '1000000000' },
  });
  using silent = await RawClient.connect(program.url, { isDeaf: true });
  await silent.send(requestFor('/events'));
  const clients = async (): Promise<number | undefined> =>
    seriesOf(await scrape(program.url), 'pluggable_event_clients')[''];
  await expect.poll(clients).toBe(1);

  using busy = await RawClient.connect(program.url);
  const giveUpMs = performance.now() + LIMIT_MS;
  while ((await clients()) === 1 && performance.now() < giveUpMs) {
    busy.text = '';
    await busy.send(REQUESTS);
    await busy.answers(PIPELINED);
  }
  expect(await clients()).toBeUndefined();
});
