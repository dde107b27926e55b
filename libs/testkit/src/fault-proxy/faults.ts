// Faults of a TCP connection. A fault transforms the bytes of each direction.
import { randomBytes } from 'node:crypto';

/** One direction of one connection. A {@link Flow} controls it. */
export interface Way {
  /**
   * Forwards bytes, in order.
   * @param delayMs delay, in milliseconds. @default 0
   */
  pass(bytes: Uint8Array, delayMs?: number): void;
  /**
   * Marks the connection as corrupt. After the fault, nothing passes in either direction, not even the end of the connection: TCP
   * can lose a whole connection, but never bytes in the middle of it.
   */
  spoil(): void;
  /** Ends both connections with RST. */
  reset(): void;
}

/** Handles the bytes of a direction as they arrive. Called once for each connection, so it can hold state. */
export type Flow = (way: Way) => (bytes: Uint8Array) => void;

/** A fault for {@link FaultProxy.inject}: a predefined one, or your own. */
export interface Fault {
  /** Handles the bytes from the client. @default they pass */
  readonly request?: Flow;
  /** Handles the bytes from the server. @default they pass */
  readonly reply?: Flow;
  /** Whether the port is closed and all connections are reset. @default false */
  readonly isRefusal?: boolean;
}

const passes: Flow = (way) => (bytes) => way.pass(bytes);

const isLost: Flow = (way) => {
  way.spoil();
  return () => {};
};

/** No fault: all bytes pass. */
export const passThrough: Fault = { request: passes, reply: passes };

/** The port is closed: open connections are reset and new ones are refused. */
export const refuse: Fault = { isRefusal: true };

/** Connections are accepted, but no byte, FIN or RST passes, as with a firewall that drops packets or a host that is gone. */
export const blackHole: Fault = { request: isLost, reply: isLost };

/**
 * Delays each direction, so that a round trip takes `2 * ms` longer.
 * @param ms delay of one direction, in milliseconds
 */
export function latency(ms: number): Fault {
  const isLate: Flow = (way) => (bytes) => way.pass(bytes, ms);
  return { request: isLate, reply: isLate };
}

/** Sends each byte in a separate segment. */
export const byteByByte: Fault = { request: inSingleBytes, reply: inSingleBytes };

function inSingleBytes(way: Way): (bytes: Uint8Array) => void {
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) way.pass(bytes.subarray(i, i + 1));
  };
}

/**
 * Resets each connection within its next reply.
 * @param byteCount number of bytes of the reply that pass before
 */
export function resetAfter(byteCount: number): Fault {
  return { reply: (way) => firstBytes(way, byteCount, () => way.reset()) };
}

/**
 * Stops each connection within its next reply. The connection stays open, but no further byte of a reply passes.
 * @param byteCount number of bytes of the reply that pass before
 */
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

/** Replaces the bytes from the server by the same number of random bytes. */
export const garbage: Fault = {
  reply: (way) => (bytes) => {
    way.spoil();
    way.pass(randomBytes(bytes.length));
  },
};
