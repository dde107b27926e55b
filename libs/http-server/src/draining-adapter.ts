// Express for Nest: what every request passes before Express, and how the server closes.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Response } from 'express';
import type { Logger } from 'pino';
import { type Connection, Connections } from './connection/connection.js';
import { ConnectionCapacity } from './connection/connection-capacity.js';
import { Drain } from './connection/drain.js';
import { createHttpServer, type HttpServerLimits } from './http-server.js';

/**
 * Sees a request before Express does, and costs less than a middleware. Once one has begun to answer, neither the next
 * nor Express sees the request.
 */
export type ArrivalListener = (request: IncomingMessage, response: ServerResponse, connection: Connection) => void;

export interface DrainingAdapterOptions {
  /** How long the end may take, until the last connection is cut, in milliseconds. */
  readonly graceMs: number;
  readonly limits: HttpServerLimits;
}

export class DrainingAdapter extends ExpressAdapter {
  readonly connections = new Connections();
  private readonly arrivalListeners: ArrivalListener[] = [];
  private readonly limits: HttpServerLimits;
  private graceMs: number;
  private drain: Drain | undefined;
  private capacity: ConnectionCapacity | undefined;

  constructor({ graceMs, limits }: DrainingAdapterOptions) {
    // Set before the adapter has made the router, which reads them once.
    const app = express().enable('case sensitive routing').enable('strict routing');
    super(app.disable('etag').disable('x-powered-by'));
    this.graceMs = graceMs;
    this.limits = limits;
  }

  get isDraining(): boolean {
    return this.drain !== undefined;
  }

  get requestsInFlight(): number {
    return this.connections.inFlight;
  }

  /** Why no connection is accepted; undefined when it is. */
  get shortage(): string | undefined {
    return this.capacity?.shortage;
  }

  /** Limits the connections at a time. Before the server listens. */
  limitConnections(maxConnections: number, log: Logger): void {
    const server: Server = this.getHttpServer();
    this.capacity = new ConnectionCapacity({ server, connections: this.connections, maxConnections, log });
  }

  /** Adds a listener; they are called in the order in which they were added. */
  onArrival(listener: ArrivalListener): void {
    this.arrivalListeners.push(listener);
  }

  /** Makes the grace time shorter, and what is left of one that has begun. */
  limitGrace(ms: number): void {
    this.graceMs = Math.min(this.graceMs, ms);
    this.drain?.endWithin(ms);
  }

  override initHttpServer(): void {
    const server = createHttpServer(this.limits, (request, response) => this.arrive(request, response));
    server.on('connection', (socket) => this.connections.add(socket));
    this.httpServer = server;
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
    this.drain = new Drain({ server, connections: this.connections });
    this.capacity?.stop();
    await this.drain.run(this.graceMs);
  }

  private arrive(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.connections.of(request.socket);
    if (this.isDraining) connection.leaveAfterNext();
    if (!connection.begin(response)) return;
    if (this.isDraining) connection.leaveAfterNewest();
    response.on('close', () => connection.end(response));
    for (const listener of this.arrivalListeners) {
      listener(request, response, connection);
      if (response.headersSent) return;
    }
    this.instance(request, response);
  }
}
