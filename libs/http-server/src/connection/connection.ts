// A connection: what is in flight on it, and when it ends.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests behind the last one that is answered are dropped. So many of them, and the connection is cut. */
const MAX_DROPPED = 4_096;

export class Connection {
  /** Requests that have arrived so far. */
  requests = 0;
  /** The answer to the newest request, until that request is over: read and answered. */
  newest: ServerResponse | undefined;
  /** What had been read when the last answer was decided. */
  bytesAtLast = 0;

  /** In the order of their requests. A set would leave garbage behind that keeps every later response alive (bench/README.md). */
  private readonly open: ServerResponse[] = [];
  private isEnding = false;
  private dropped = 0;
  private whenAnswered: (() => void) | undefined;

  private seenBytes = -1;
  private quiet = 0;

  constructor(private readonly socket: Socket) {}

  /** @returns false when the last answer of the connection is decided: nobody will get this one */
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

  /** A request that had begun has its answer, or has lost its connection. */
  end(response: ServerResponse): void {
    const index = this.open.indexOf(response);
    if (index >= 0) this.open.splice(index, 1);
    if (this.inFlight > 0) return;
    if (this.newest?.req.complete === true) this.newest = undefined;
    this.whenAnswered?.();
  }

  /** The socket has closed. Node tells the answers so, but not those that wait when it has given the socket up (CONNECT). */
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
   * Refuses further requests if the response to the newest one has begun and says that it is the last.
   *
   * @returns whether further requests are refused, for that reason or because of {@link refuseFurther}
   */
  refuseAfterLast(): boolean {
    if (!this.isEnding && this.newest?.headersSent === true && isLast(this.newest)) this.refuseFurther();
    return this.isEnding;
  }

  /** What arrives from now on is not answered. */
  refuseFurther(): void {
    this.isEnding = true;
    this.bytesAtLast = this.socket.bytesRead;
  }

  /** Makes the answer to the newest request the last one, if it has not begun. Earlier ones would take the later ones with them. */
  leaveAfterNewest(): void {
    const { newest } = this;
    if (newest !== undefined && !newest.headersSent) newest.setHeader('Connection', 'close');
  }

  /** Lets a request that has just arrived have the last answer, instead of the one before, unless the last one is decided. */
  leaveAfterNext(): void {
    const { newest } = this;
    if (newest !== undefined && !newest.headersSent && !this.isEnding) newest.removeHeader('Connection');
  }

  /** Calls back when nothing is in flight, at once when nothing is. A later callback replaces an earlier one. */
  onceAnswered(callback: () => void): void {
    if (this.inFlight === 0) callback();
    else this.whenAnswered = callback;
  }

  /**
   * Asked again and again: how many times in a row nobody has waited for an answer here and nothing has come. Counted, not
   * timed, so that a process that was busy itself does not take its clients for quiet. An idle connection cannot be told from
   * one whose next request is stuck halfway.
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

/** The connections that are open, and the requests in flight on all of them. */
export class Connections {
  private readonly open = new Map<Socket, Connection>();
  /** Connections whose socket has closed, and not all responses. */
  private readonly closing = new Set<Connection>();

  get size(): number {
    return this.open.size;
  }

  /** Requests in flight. Includes those of a socket that has just closed, because its responses close after it. */
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

  /** Of a socket that has closed already: one that is over. */
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
