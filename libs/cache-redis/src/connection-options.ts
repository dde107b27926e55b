// The options of ioredis: no offline queue, no repeated command, a limit on every wait.
import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import type { RedisConfig } from './redis-config.js';

/** Longest time to connect, in milliseconds. */
const CONNECT_TIMEOUT_MS = 1_000;
/** Pauses between attempts to connect double from the first to the longest, in milliseconds. */
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2_000;
/** Longest time for the server to confirm the end of a connection, in milliseconds. */
const DISCONNECT_TIMEOUT_MS = 250;

/** The pause before the next attempt to connect. */
export function pauseMs(attempts: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempts) * (0.75 + Math.random() / 4);
}

export function addressOf({ host, port, tls }: RedisConfig) {
  // tls.connect() sends no server name by default.
  return {
    host,
    port,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    ...(tls && { tls: isIP(host) ? {} : { servername: host } }),
  };
}

/** Password, database and protocol are not included: see greet(). */
export function optionsOf(config: RedisConfig, callTimeoutMs: number) {
  return {
    ...addressOf(config),
    keyPrefix: config.keyPrefix,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Replies of both protocol versions are understood. ioredis itself sends no command.
    protocol: 2,
    enableReadyCheck: false,
    disableClientInfo: true,
    // The host reports a call that takes too long, and distinguishes it from other failures. This limit ends abandoned calls.
    commandTimeout: 1.25 * callTimeoutMs,
    // A server that has stopped, or a peer that vanished: the socket is destroyed with its unsent data.
    socketTimeout: 2 * callTimeoutMs,
    // No command waits for a connection, is retried, or is sent after its caller got an error.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  } satisfies RedisOptions;
}
