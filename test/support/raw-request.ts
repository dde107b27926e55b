// A request as the bytes that it is, on a connection of its own, with nothing checked or repaired on the way.
import { connect } from 'node:net';

export interface RawAnswer {
  /** Undefined when the connection ended without an answer. */
  readonly status: number | undefined;
  /** Head and body, as they came. */
  readonly text: string;
}

/** Sends the bytes of a text in latin1, and reads until the server closes. */
export async function sendRaw(url: string, request: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setEncoding('latin1');
  let text = '';
  const closed = new Promise<void>((resolve) => {
    socket.on('data', (chunk: string) => (text += chunk)).on('close', () => resolve());
    // What came before counts all the same.
    socket.on('error', () => {});
  });
  socket.write(request, 'latin1');
  await closed;
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
  return { status: status === undefined ? undefined : Number(status), text };
}

/** A GET with a request target as it is, after which the server closes. */
export async function getRaw(url: string, target: string): Promise<RawAnswer> {
  return await sendRaw(url, `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
}
