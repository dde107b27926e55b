// What can happen to a TCP connection: each fault as what becomes of the bytes of a direction.
import { randomBytes } from 'node:crypto';

/** One direction of one connection, in the hands of a fault. */
export interface Way {
  /** Sends bytes on, `delayMs` from now, and never before what was sent on earlier. @default 0 */
  pass(bytes: Uint8Array, delayMs?: number): void;
  /**
   * Says that the connection's bytes are no longer those that were sent. Nothing passes on it once the fault is over, in
   * neither direction, not even its end: TCP loses whole connections, and never bytes in the midst of one.
   */
  spoil(): void;
  /** Ends both connections by RST. */
  reset(): void;
}

/** What becomes of the bytes of a direction, piece by piece as they come. Started for each connection, with state of its own. */
export type Flow = (way: Way) => (bytes: Uint8Array) => void;

export interface Fault {
  /** What the client sends. @default it passes */
  readonly request?: Flow;
  /** What the server sends. @default it passes */
  readonly reply?: Flow;
  /** Nobody listens, and all connections are reset. @default false */
  readonly isRefusal?: boolean;
}

const passes: Flow = (way) => (bytes) => way.pass(bytes);

const isLost: Flow = (way) => {
  way.spoil();
  return () => {};
};

/** No fault. */
export const passThrough: Fault = { request: passes, reply: passes };

/** The port is closed. */
export const refuse: Fault = { isRefusal: true };

/** Connections are accepted, and nothing passes: no byte, no FIN, no RST. As a firewall that drops, or a peer that vanished. */
export const blackHole: Fault = { request: isLost, reply: isLost };

/** Each direction is late, so that a round trip takes twice as much. @param ms of one direction */
export function latency(ms: number): Fault {
  const isLate: Flow = (way) => (bytes) => way.pass(bytes, ms);
  return { request: isLate, reply: isLate };
}

/** Each byte is a segment of its own. */
export const byteByByte: Fault = { request: inSingleBytes, reply: inSingleBytes };

function inSingleBytes(way: Way): (bytes: Uint8Array) => void {
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) way.pass(bytes.subarray(i, i + 1));
  };
}

/** The first bytes of the next reply of each connection, and then RST. */
export function resetAfter(byteCount: number): Fault {
  return { reply: (way) => firstBytes(way, byteCount, () => way.reset()) };
}

/** The first bytes of the next reply of each connection, and then nothing more, while the connection stays open. */
export function cutAfter(byteCount: number): Fault {
  return { reply: (way) => firstBytes(way, byteCount, () => way.spoil()) };
}

function firstBytes(way: Way, byteCount: number, then: () => void): (bytes: Uint8Array) => void {
  let left = byteCount;
  return (bytes) => {
    const first = bytes.subarray(0, left);
    left -= first.length;
    if (first.length > 0) way.pass(first);
    if (left === 0) then();
  };
}

/** Random bytes instead of what the server sends, as many. */
export const garbage: Fault = {
  reply: (way) => (bytes) => {
    way.spoil();
    way.pass(randomBytes(bytes.length));
  },
};
