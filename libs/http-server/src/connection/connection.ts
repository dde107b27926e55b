// A connection: its requests in flight, and its end.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests after the last answered one are dropped. At this number, the connection is cut. */
const MAX_DROPPED = 4_096;

export class Connection {
  /** Number of requests that have arrived. */
  requests = 0;
  /** The response to the newest request, until the request is read and answered. */
  newest: ServerResponse | undefined;
  /** Bytes that had been read when the last answer was decided. */
  bytesAtLast = 0;

  /** In the order of the requests. A Set would keep garbage that retains every later response (bench/README.md). */
  private readonly open: ServerResponse[] = [];
  private isEnding = false;
  private dropped = 0;
  private whenAnswered: (() => void) | undefined;

  private seenBytes = -1;
  private quiet = 0;

  constructor(private readonly socket: Socket) {}

  /** @returns false when the last answer of the connection is decided, so that this one would not be sent */
  begin(response: ServerResponse): boolean {
    if (this.refuseAfterLast()) {
      if ((this.dropped += 1) > MAX_DROPPED) this.socket.destroy();
      return false;
    }
    this.requests += 1;
    this.open.push(response);
    this.newest = response;
    return true;
  }

  /** Call when a request is answered or has lost its connection. */
  end(response: ServerResponse): void {
    const index = this.open.indexOf(response);
    if (index >= 0) this.open.splice(index, 1);
    if (this.inFlight > 0) return;
    if (this.newest?.req.complete === true) this.newest = undefined;
    this.whenAnswered?.();
  }

  /** The socket has closed. Node closes its responses, except those behind a socket that it has released (CONNECT). */
  close(): void {
    for (const response of this.open.slice()) response.destroy();
  }

  get inFlight(): number {
    return this.open.length;
  }

  /** The responses to the requests in flight. */
  get responses(): readonly ServerResponse[] {
    return this.open;
  }

  /**
   * Refuses further requests if the response to the newest one has begun and has the header `Connection: close`.
   *
   * @returns whether further requests are refused, for this reason or because of {@link refuseFurther}
   */
  refuseAfterLast(): boolean {
    if (!this.isEnding && this.newest?.headersSent === true && isLast(this.newest)) this.refuseFurther();
    return this.isEnding;
  }

  /** Later requests are not answered. */
  refuseFurther(): void {
    this.isEnding = true;
    this.bytesAtLast = this.socket.bytesRead;
  }

  /** Makes the response to the newest request the last one, if it has not begun. An earlier last one would drop the later ones. */
  leaveAfterNewest(): void {
    const { newest } = this;
    if (newest !== undefined && !newest.headersSent) newest.setHeader('Connection', 'close');
  }

  /** Makes the response to a new request the last one instead of its predecessor, unless the last one is decided. */
  leaveAfterNext(): void {
    const { newest } = this;
    if (newest !== undefined && !newest.headersSent && !this.isEnding) newest.removeHeader('Connection');
  }

  /** Calls back when nothing is in flight, possibly at once. A later callback replaces an earlier one. */
  onceAnswered(callback: () => void): void {
    if (this.inFlight === 0) callback();
    else this.whenAnswered = callback;
  }

  /**
   * To be called periodically. Returns the number of consecutive calls at which no request was in flight and no byte had arrived.
   * A count, not a time, so that a busy process does not mistake its clients for quiet ones. An idle connection cannot be
   * distinguished from one with an incomplete request.
   */
  quietTimes(): number {
    const { bytesRead } = this.socket;
    const isQuiet = this.inFlight === 0 && bytesRead === this.seenBytes;
    this.seenBytes = bytesRead;
    this.quiet = isQuiet ? this.quiet + 1 : 0;
    return this.quiet;
  }

  get hasSpoken(): boolean {
    return this.socket.bytesRead > 0;
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** The open connections, and their requests in flight. */
export class Connections {
  private readonly open = new Map<Socket, Connection>();
  /** Connections with a closed socket and open responses. */
  private readonly closing = new Set<Connection>();

  get size(): number {
    return this.open.size;
  }

  /** Requests in flight, including those of a socket that has just closed: its responses close after it. */
  get inFlight(): number {
    let inFlight = 0;
    for (const connection of this.all()) inFlight += connection.inFlight;
    return inFlight;
  }

  add(socket: Socket): void {
    const connection = new Connection(socket);
    this.open.set(socket, connection);
    socket.on('close', () => {
      this.open.delete(socket);
      this.closing.add(connection);
      connection.onceAnswered(() => this.closing.delete(connection));
      connection.close();
    });
  }

  /** For a closed socket: a connection that is over. */
  of(socket: Socket): Connection {
    return this.open.get(socket) ?? over(socket);
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.open.values();
  }

  /** The responses to the requests that {@link inFlight} counts. */
  *responses(): Generator<ServerResponse, void> {
    for (const connection of this.all()) yield* connection.responses;
  }

  private *all(): Generator<Connection, void> {
    yield* this.open.values();
    yield* this.closing;
  }
}

function isLast(response: ServerResponse): boolean {
  return response.getHeader('Connection') === 'close';
}

function over(socket: Socket): Connection {
  const connection = new Connection(socket);
  connection.refuseFurther();
  return connection;
}
