// The HTTP server, and how it closes: no new requests, those in flight end, at the latest when the grace time is over.
import { once } from 'node:events';
import type { Server } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type NextFunction, type Request, type Response } from 'express';

/** How often connections that have become idle are closed, in milliseconds. Node closes them at the beginning only. */
const IDLE_SWEEP_MS = 100;

export class DrainingAdapter extends ExpressAdapter {
  private readonly open = new Set<Response>();
  private isDraining = false;

  /** @param graceMs how long requests in flight may take to end, in milliseconds; then they lose their connection */
  constructor(private readonly graceMs: number) {
    // Set before the adapter has made the router, which reads them once.
    const app = express().enable('case sensitive routing').enable('strict routing');
    super(app.disable('etag').disable('x-powered-by'));
    this.use((_request: Request, response: Response, next: NextFunction) => {
      this.open.add(response);
      response.once('close', () => this.open.delete(response));
      if (this.isDraining) leaveAfter(response);
      next();
    });
  }

  override async close(): Promise<void> {
    const server: Server = this.getHttpServer();
    this.isDraining = true;
    for (const response of this.open) leaveAfter(response);
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    const limit = setTimeout(() => server.closeAllConnections(), this.graceMs);
    try {
      await super.close();
      // A server says that it has closed before its last responses do: what waits for those ends first.
      await Promise.all([...this.open].map((response) => once(response, 'close')));
    } finally {
      clearInterval(sweep);
      clearTimeout(limit);
    }
  }
}

/** Tells the client not to use the connection again: the server is about to close. */
function leaveAfter(response: Response): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
