// Batches of answers on a real server: contents, moment and order of sending.
import { on, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { AnswerBatch } from './answer-batch.js';

let server: ReturnType<typeof createServer>;
const clients: Socket[] = [];
beforeEach(async () => {
  server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server.close().closeAllConnections();
});

interface Asked {
  readonly responses: ServerResponse[];
  /** The bytes that each client has received. */
  readonly received: string[];
}

/** Opens clients, each with one unanswered request. */
async function ask(count: number): Promise<Asked> {
  const received: string[] = [];
  const responses: ServerResponse[] = [];
  const requests = on(server, 'request') as AsyncIterableIterator<[unknown, ServerResponse]>;
  for (let index = 0; index < count; index++) {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
    received[index] = '';
    client.on('data', (chunk) => (received[index] += String(chunk)));
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    clients.push(client);
    const { value } = await requests.next();
    responses.push(value[1]);
  }
  return { responses, received };
}

function batchOf(maxAnswers: number): { readonly batch: AnswerBatch; readonly failures: unknown[] } {
  const failures: unknown[] = [];
  const onFailure = (error: unknown, response: ServerResponse): void => {
    failures.push(error);
    response.destroy();
  };
  return { batch: new AnswerBatch({ maxAnswers, onFailure }), failures };
}

const answer = (response: ServerResponse, headers: readonly string[] = ['X-Own', 'yes']) => ({
  response,
  status: 200,
  headers,
  body: 'body',
  encoding: 'latin1' as const,
});

describe('AnswerBatch', () => {
  it('sends the answers of one turn of the event loop together, at its end', async () => {
    const { responses, received } = await ask(3);
    const { batch } = batchOf(64);
    for (const response of responses) batch.add(answer(response));
    expect(responses.map(({ headersSent }) => headersSent)).toEqual([false, false, false]);
    await nextTurn();
    expect(responses.map(({ writableEnded }) => writableEnded)).toEqual([true, true, true]);
    await eventually('three whole answers', () => received.every((text) => /X-Own: yes[^]*body/.test(text)));
  });

  it('sends the answers of the next turn, too', async () => {
    const { responses } = await ask(2);
    const { batch } = batchOf(64);
    for (const response of responses) {
      batch.add(answer(response));
      await nextTurn();
      expect(response.writableEnded).toBe(true);
    }
  });

  it('sends at once when the batch is full, and each answer at once with a batch of one', async () => {
    const { responses } = await ask(4);
    const { batch } = batchOf(2);
    const sent = responses.slice(0, 3).map((response) => {
      batch.add(answer(response));
      return responses.map(({ headersSent }) => headersSent);
    });
    expect(sent).toEqual([
      [false, false, false, false],
      [true, true, false, false],
      [true, true, false, false],
    ]);
    const last = responses[3] as ServerResponse;
    batchOf(1).batch.add(answer(last));
    expect(last.writableEnded).toBe(true);
    await nextTurn();
    expect(responses.every(({ writableEnded }) => writableEnded)).toBe(true);
  });

  it('skips requests that were answered otherwise or whose client has left', async () => {
    const { responses, received } = await ask(3);
    const { batch, failures } = batchOf(64);
    for (const response of responses) batch.add(answer(response));
    responses[0]?.writeHead(503).end();
    responses[1]?.destroy();
    await nextTurn();
    await eventually('its answer', () => received[2]?.includes('200 OK'));
    expect(failures).toEqual([]);
    await eventually('its answer', () => received[0]?.includes('503'));
    expect(received[0]).not.toContain('200 OK');
    expect(received[1]).toBe('');
  });

  it('sends the rest when one answer cannot be written, and reports that answer', async () => {
    const { responses, received } = await ask(3);
    const { batch, failures } = batchOf(64);
    batch.add(answer(responses[0] as ServerResponse));
    batch.add(answer(responses[1] as ServerResponse, ['X-Own', 'a\nb']));
    batch.add(answer(responses[2] as ServerResponse));
    await nextTurn();
    expect(failures).toEqual([expect.objectContaining({ code: 'ERR_INVALID_CHAR' })]);
    await eventually('the answers of the others', () =>
      [received[0], received[2]].every((text) => text?.includes('200 OK')),
    );
  });
});
