// The Express adapter of Nest with request listeners before Express and a graceful close.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Logger as NestLogger } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Express, type Response } from 'express';
import type { Logger } from 'pino';
import { Answer } from './answer/answer.js';
import { AnswerBatch } from './answer/answer-batch.js';
import { addDefaultHeaders } from './answer/default-headers.js';
import { type Connection, Connections } from './connection/connection.js';
import { ConnectionCapacity } from './connection/connection-capacity.js';
import { Drain } from './connection/drain.js';
import { expressMessages } from './express-messages.js';
import { createHttpServer, type HttpServerLimits } from './http-server.js';
import { writeProblem } from './problem/problem.js';
import { requestIdHeader } from './request/request-id.js';
import { SECURITY_HEADERS } from './problem/security-headers.js';

/**
 * Called with each request before Express, at a lower cost than a middleware. If one listener begins to answer, neither the next
 * one nor Express gets the request.
 *
 * @returns a function that is called at the end of the response: sent or cut off
 */
export type ArrivalListener = (
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection,
) => (() => void) | void;

/** Runs the handling of a request, for example in a trace context. Must call `handle` once, synchronously. */
export type RequestRunner = (request: IncomingMessage, response: ServerResponse, handle: () => void) => void;

export interface DrainingAdapterOptions {
  /** Longest time for the close, in milliseconds. Then the last connections are cut. */
  readonly graceMs: number;
  readonly limits: HttpServerLimits;
  /** Largest batch of answers in one turn of the event loop. 1 sends each answer at once. */
  readonly maxAnswersTogether: number;
}

const JSON_TYPE = 'application/json; charset=utf-8';

export class DrainingAdapter extends ExpressAdapter {
  readonly connections = new Connections();
  private readonly arrivalListeners: ArrivalListener[] = [];
  private runRequest: RequestRunner | undefined;
  private readonly limits: HttpServerLimits;
  private readonly batch: AnswerBatch;
  private readonly log = new NestLogger('HTTP');
  private graceMs: number;
  private drain: Drain | undefined;
  private isCloseAnnounced = false;
  private capacity: ConnectionCapacity | undefined;

  constructor({ graceMs, limits, maxAnswersTogether }: DrainingAdapterOptions) {
    // Before the adapter creates the router, which reads them once.
    const app = express().enable('case sensitive routing').enable('strict routing');
    addDefaultHeaders(app.response, SECURITY_HEADERS, requestIdHeader);
    super(app.disable('etag').disable('x-powered-by'));
    this.batch = new AnswerBatch({
      maxAnswers: maxAnswersTogether,
      onFailure: (error, response) => this.failed(error, response),
    });
    this.graceMs = graceMs;
    this.limits = limits;
  }

  get isDraining(): boolean {
    return this.drain !== undefined;
  }

  /** Whether a close has begun or is announced. */
  get isEnding(): boolean {
    return this.isCloseAnnounced || this.isDraining;
  }

  get requestsInFlight(): number {
    return this.connections.inFlight;
  }

  /** The reason why no connection is accepted; undefined while connections are accepted. */
  get shortage(): string | undefined {
    return this.capacity?.shortage;
  }

  /** Number of connections that were closed at once because of the limit of connections. */
  get refusedConnections(): number {
    return this.capacity?.refusedTotal ?? 0;
  }

  /** Limits the number of connections. Call it before the server listens. */
  limitConnections(maxConnections: number, log: Logger): void {
    const server: Server = this.getHttpServer();
    this.capacity = new ConnectionCapacity({ server, connections: this.connections, maxConnections, log });
  }

  /** Adds a listener. Listeners are called in the order of addition. */
  onArrival(listener: ArrivalListener): void {
    this.arrivalListeners.push(listener);
  }

  /** Each request that no arrival listener answers is handled by this runner. */
  runRequestsBy(runner: RequestRunner): void {
    this.runRequest = runner;
  }

  /** For readiness only, so that a load balancer stops sending requests before the close. Everything else continues. */
  announceClose(): void {
    this.isCloseAnnounced = true;
  }

  /** Shortens the grace time, also during a drain. */
  limitGrace(ms: number): void {
    this.graceMs = Math.min(this.graceMs, ms);
    this.drain?.endWithin(ms);
  }

  override initHttpServer(): void {
    const messages = expressMessages(this.getInstance<Express>());
    const server = createHttpServer(this.limits, messages, (request, response) => this.arrive(request, response));
    server.on('connection', (socket) => this.connections.add(socket));
    this.httpServer = server;
  }

  /** Sends a handler's object as JSON. Express determines the content type separately for each answer. */
  override reply(response: Response, body: unknown, statusCode?: number): void {
    const answer = body instanceof Answer ? (body as Answer<object>) : undefined;
    const object = answer?.body ?? body;
    if (
      typeof object !== 'object' ||
      object === null ||
      (!answer && Object.getPrototypeOf(object) !== Object.prototype)
    ) {
      super.reply(response, body, statusCode);
      return;
    }
    const text = JSON.stringify(object);
    const bytes = Buffer.byteLength(text);
    const headers = ['Content-Type', JSON_TYPE, 'Content-Length', String(bytes)];
    for (const name in answer?.headers) headers.push(name, answer?.headers[name] ?? '');
    const status = statusCode ?? response.statusCode;
    this.batch.add({ response, status, headers, body: text, encoding: bytes === text.length ? 'latin1' : 'utf8' });
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
    const endings = [() => connection.end(response)];
    // One shared listener is cheaper than one per request.
    response.on('close', () => {
      for (const end of endings) end();
    });
    for (const listener of this.arrivalListeners) {
      const end = listener(request, response, connection);
      if (end) endings.push(end);
      if (response.headersSent) return;
    }
    if (this.runRequest === undefined) this.instance(request, response);
    else this.runRequest(request, response, () => this.instance(request, response));
  }

  private failed(error: unknown, response: ServerResponse): void {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.log.error(`an answer could not be written: ${message}`, stack);
    if (response.headersSent) response.destroy();
    else writeProblem(response, { status: 500, detail: 'the request failed; the log says why' });
  }
}
