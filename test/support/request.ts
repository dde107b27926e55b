// Requests with an unmodified path, from clients that can leave.
import { request, type IncomingHttpHeaders } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  readonly durationMs: number;
}

export interface Asked {
  readonly answer: Promise<Answer>;
  /** Destroys the connection, like a client that is closed. */
  leave(): void;
}

export interface Asking {
  readonly method?: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request on a new connection. */
export function ask(url: string, path: string, { method = 'GET', body, headers: wanted = {} }: Asking = {}): Asked {
  const { hostname, port } = new URL(url);
  const startedMs = performance.now();
  const sent = body === undefined ? {} : { 'Content-Length': body.length };
  const outgoing = request({ hostname, port, path, method, headers: { ...wanted, ...sent }, agent: false });
  const answer = new Promise<Answer>((resolve, reject) => {
    outgoing.on('error', reject).on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject).on('end', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({
          status,
          headers,
          body: text === '' ? undefined : JSON.parse(text),
          durationMs: performance.now() - startedMs,
        });
      });
    });
  });
  outgoing.end(body);
  return { answer, leave: () => outgoing.destroy() };
}

export async function get(url: string, path: string): Promise<Answer> {
  return await ask(url, path).answer;
}
