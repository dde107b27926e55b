// How ioredis is set up: nothing waits, nothing is sent twice, every wait has a limit.
import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import type { RedisConfig } from './redis-config.js';

/** Longest time to reach the server, in milliseconds. */
const CONNECT_TIMEOUT_MS = 1_000;
/** Pauses between attempts to reach it double from the first to the longest, in milliseconds. */
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2_000;
/** How long the server may take to confirm that a connection has ended, in milliseconds. */
const DISCONNECT_TIMEOUT_MS = 250;

/** Before the next attempt to connect, after so many in vain. */
export function pauseMs(attempts: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempts) * (0.75 + Math.random() / 4);
}

export function addressOf({ host, port, tls }: RedisConfig) {
  // tls.connect() sends no server name of its own accord.
  return {
    host,
    port,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    ...(tls && { tls: isIP(host) ? {} : { servername: host } }),
  };
}

/** The password, the database and the protocol are not among them: see greet(). */
export function optionsOf(config: RedisConfig, callTimeoutMs: number) {
  return {
    ...addressOf(config),
    keyPrefix: config.keyPrefix,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // The replies of both versions are understood. By itself ioredis sends no command.
    protocol: 2,
    enableReadyCheck: false,
    disableClientInfo: true,
    // The host is to say that a call took too long: it tells that from other failures. This is for what the host has given up.
    commandTimeout: 1.25 * callTimeoutMs,
    // A server that has stopped, or a peer that vanished: the socket goes, and with it what it has not sent.
    socketTimeout: 2 * callTimeoutMs,
    // Nothing waits for a connection, is tried again, or is sent after its caller has been told that it failed.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  } satisfies RedisOptions;
}
