// The HTTP server, and how it closes: no new requests, those in flight end, at the latest when the grace time is over.
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Response } from 'express';

/** How often connections that have become idle are closed, in milliseconds. Node closes them at the beginning only. */
const IDLE_SWEEP_MS = 100;

/** Sees a request before Express does, and costs less than a middleware. */
export type ArrivalListener = (request: IncomingMessage, response: ServerResponse) => void;

export class DrainingAdapter extends ExpressAdapter {
  private readonly open = new Set<ServerResponse>();
  private isDraining = false;

  private readonly arrivalListeners: ArrivalListener[] = [];

  /** @param graceMs how long requests in flight may take to end, in milliseconds; then they lose their connection */
  constructor(private readonly graceMs: number) {
    // Set before the adapter has made the router, which reads them once.
    const app = express().enable('case sensitive routing').enable('strict routing');
    super(app.disable('etag').disable('x-powered-by'));
  }

  /** Adds a listener; they are called in the order in which they were added. */
  onArrival(listener: ArrivalListener): void {
    this.arrivalListeners.push(listener);
  }

  override initHttpServer(options: NestApplicationOptions): void {
    super.initHttpServer(options);
    const server: Server = this.getHttpServer();
    server.prependListener('request', (request, response) => {
      this.open.add(response);
      response.on('close', () => this.open.delete(response));
      if (this.isDraining) leaveAfter(response);
      for (const listener of this.arrivalListeners) listener(request, response);
    });
  }

  /** A handler's object as JSON, at once: Express would look its type up, and parse it, for each answer anew. */
  override reply(response: Response, body: unknown, statusCode?: number): void {
    if (typeof body !== 'object' || body === null || Object.getPrototypeOf(body) !== Object.prototype) {
      super.reply(response, body, statusCode);
      return;
    }
    const text = JSON.stringify(body);
    if (statusCode !== undefined) response.statusCode = statusCode;
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.setHeader('Content-Length', Buffer.byteLength(text));
    response.end(text);
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
function leaveAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
