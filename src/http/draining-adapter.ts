// The HTTP server, and how it closes: no new requests, those in flight end, at the latest when the grace time is over.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

/** How often connections that have become idle are closed, in milliseconds. Node closes them at the beginning only. */
const IDLE_SWEEP_MS = 100;

export class DrainingAdapter extends ExpressAdapter {
  private readonly sockets = new Set<Socket>();
  private isDraining = false;

  /** @param graceMs how long requests in flight may take to end, in milliseconds; then they lose their connection */
  constructor(private readonly graceMs: number) {
    super();
    this.disable('x-powered-by');
    this.set('etag', false);
    this.use((_request: Request, response: Response, next: NextFunction) => {
      // A client on a kept connection is told to leave.
      if (this.isDraining) response.setHeader('Connection', 'close');
      next();
    });
  }

  override initHttpServer(options: NestApplicationOptions): void {
    super.initHttpServer(options);
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  override async close(): Promise<void> {
    const { server } = this;
    this.isDraining = true;
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    const limit = setTimeout(() => server.closeAllConnections(), this.graceMs);
    try {
      await super.close();
      // A server says that it has closed before its last sockets do: what waits for those ends first.
      await Promise.all([...this.sockets].map((socket) => once(socket, 'close')));
    } finally {
      clearInterval(sweep);
      clearTimeout(limit);
    }
  }

  private get server(): Server {
    return this.getHttpServer();
  }
}
