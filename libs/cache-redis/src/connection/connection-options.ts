// The options of ioredis: no offline queue, no repeated command, a limit on every wait.
import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import type { ConnectionConfig } from '../config/redis-config.js';
import type { ServerAddress } from '../config/server-address.js';

/** Longest time to connect, in milliseconds. */
const CONNECT_TIMEOUT_MS = 1_000;
/** Pauses between attempts to connect double from the first to the longest, in milliseconds. */
const FIRST_RETRY_MS = 50;
export const LONGEST_RETRY_MS = 2_000;
/** Longest time for the server to confirm the end of a connection, in milliseconds. */
export const DISCONNECT_TIMEOUT_MS = 250;

/** The pause before the next attempt to connect. */
export function pauseMs(attempts: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempts) * (0.75 + Math.random() / 4);
}

export function addressOptions({ host, port }: ServerAddress, tls: boolean) {
  // tls.connect() sends no server name by default.
  return { host, port, ...(tls && { tls: isIP(host) ? {} : { servername: host } }) };
}

/** Address, password, database and protocol are not included: see LocatingConnector and greet(). */
export function optionsOf({ tls, keyPrefix }: Pick<ConnectionConfig, 'tls' | 'keyPrefix'>, callTimeoutMs: number) {
  return {
    // ioredis waits for the end of TLS.
    ...(tls && { tls: {} }),
    keyPrefix,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
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
