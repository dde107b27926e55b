// A web server on a free port of loopback that serves one HTML page under a strict Content Security Policy.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Only scripts with this nonce run. */
export const NONCE = 'cGx1Z2dhYmxl';

const POLICY = `default-src 'self'; script-src 'nonce-${NONCE}'; style-src 'unsafe-inline'; img-src 'self' data:`;

export class PageServer implements AsyncDisposable {
  private constructor(private readonly server: Server) {}

  /** Serves the page at `/`. All other paths are 404; `/slow` has no answer, `/reset` ends the connection. */
  static async start(html: string): Promise<PageServer> {
    const server = createServer(({ url }, response) => {
      if (url === '/slow') return;
      if (url === '/reset') response.destroy();
      else if (url === '/') {
        response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': POLICY });
        response.end(html);
      } else response.writeHead(404).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PageServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close().closeAllConnections();
    await once(this.server, 'close');
  }
}
