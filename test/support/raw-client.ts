// A client that writes raw bytes: broken, slow or excessive requests, and their answers.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.js';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawClientOptions {
  /** Its address of loopback. */
  readonly localAddress?: string;
  /** Reads nothing until it is resumed. */
  readonly isDeaf?: boolean;
}

/** A GET request and its connection's only content. */
export function requestFor(path: string, headers: readonly string[] = []): string {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
}

export class RawClient {
  /** All received bytes. */
  text = '';
  /** The code of the error that broke the connection. */
  error: string | undefined;
  isClosed = false;
  private readonly closing: Promise<void>;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => (this.text += chunk.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code ?? error.message));
    this.closing = new Promise((resolve) =>
      socket.on('close', () => {
        this.isClosed = true;
        resolve();
      }),
    );
  }

  static async connect(url: string, { localAddress, isDeaf = false }: RawClientOptions = {}): Promise<RawClient> {
    const { hostname: host, port } = new URL(url);
    const socket = connect({ host, port: Number(port), ...(localAddress !== undefined && { localAddress }) });
    const client = new RawClient(socket);
    if (isDeaf) socket.pause();
    await once(socket, 'connect');
    return client;
  }

  /** Resolves when the system has accepted all bytes. */
  async send(bytes: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Waits for this number of answers. */
  async answers(count: number): Promise<readonly RawAnswer[]> {
    return await eventually(`${count} answers, or more`, () => {
      const answers = parseAnswers(this.text);
      return answers.length >= count && answers;
    });
  }

  /** Waits until the server has closed, and returns all answers. */
  async closed(): Promise<readonly RawAnswer[]> {
    await this.closing;
    return parseAnswers(this.text);
  }

  leave(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.leave();
  }
}

/** The complete answers in a text: each has a Content-Length, or no body. */
function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return answers;
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((header) => {
        const colon = header.indexOf(':');
        return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()];
      }),
    );
    const bodyEnd = end + 4 + Number(headers['content-length'] ?? 0);
    if (rest.length < bodyEnd) return answers;
    answers.push({ status: Number(line.split(' ')[1]), headers, body: rest.slice(end + 4, bodyEnd) });
    rest = rest.slice(bodyEnd);
  }
}
