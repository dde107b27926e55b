// A server on a free port of loopback that answers each Redis command with given bytes.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export interface FakeRedis extends AsyncDisposable {
  /** For REDIS_ADDR. */
  readonly addr: string;
  readonly port: number;
  /** The number of open connections. */
  readonly connections: number;
}

/** @param answer returns the answer to a command from its name in upper case and its arguments; undefined for no answer */
export async function startFakeRedis(
  answer: (name: string, args: readonly string[]) => string | undefined,
): Promise<FakeRedis> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = '';
    socket
      .setEncoding('utf8')
      .on('data', (text: string) => {
        const { commands, end } = commandsIn(rest + text);
        rest = (rest + text).slice(end);
        for (const [name = '', ...args] of commands) socket.write(answer(name.toUpperCase(), args) ?? '');
      })
      .on('error', () => undefined)
      .on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    addr: `127.0.0.1:${address.port}`,
    port: address.port,
    get connections() {
      return sockets.size;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The complete commands in an ASCII text, and the end of each. */
function commandsIn(text: string): { commands: string[][]; end: number } {
  const commands: string[][] = [];
  let end = 0;
  for (const { 0: found, 1: count, 2: items = '' } of text.matchAll(/\*(\d+)\r\n((?:\$\d+\r\n[^\r]*\r\n)*)/g)) {
    const words = [...items.matchAll(/\$\d+\r\n([^\r]*)\r\n/g)].map(([, word = '']) => word);
    if (words.length < Number(count)) break;
    commands.push(words);
    end += found.length;
  }
  return { commands, end };
}
