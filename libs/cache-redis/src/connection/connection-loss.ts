// The reason for a lost or failed connection, as one sentence.
import type { ConnectionConfig } from '../config/redis-config.js';

/**
 * Progress of a connection. `started`: connecting. `reached`: TCP is established. `open`: TLS is established, too, if it is
 * wanted. `usable`: the server has answered the first commands.
 */
export type Stage = 'started' | 'reached' | 'open' | 'usable';

/** Codes of Node and OpenSSL for a peer that answers the start of TLS with another protocol, or not at all. */
const NO_TLS =
  /^(ETIMEDOUT|ECONNRESET|EPIPE|EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE))$/;

export const CLOSED_BY_SERVER = new Error('the server closed it');

/** @param tlsOff how TLS is turned off for this server */
export function describeLoss(
  error: Error,
  stage: Stage,
  { tls }: Pick<ConnectionConfig, 'tls'>,
  tlsOff = 'set REDIS_TLS=false, or redis:// in REDIS_URL',
): string {
  const reason = reasonOf(error);
  if (stage === 'reached' && tls && (error === CLOSED_BY_SERVER || NO_TLS.test(codeOf(error)))) {
    return `it does not speak TLS on this port (${reason}); ${tlsOff}, or name its TLS port`;
  }
  if (stage === 'open' && (error === CLOSED_BY_SERVER || /^(ECONNRESET|EPIPE)$/.test(codeOf(error)))) {
    const ways = [...(tls ? [] : ['set REDIS_TLS=true if it speaks TLS']), 'see its maxclients and its protected mode'];
    return `it closes the connection before its first answer; ${ways.join(', or ')}`;
  }
  return reason;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function reasonOf(error: Error): string {
  if (error instanceof AggregateError) {
    return error.errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))).join(', ');
  }
  // Messages of ioredis: the time limit of the socket, and a reply without a command, whose text is quoted in the message.
  if (/^(Socket timeout|Command timed out)/.test(error.message)) return 'it answers no command';
  if (error.message.startsWith('Command queue state error')) return 'it sends a reply without a command';
  // OpenSSL's messages contain the names of its source files.
  return codeOf(error).startsWith('ERR_SSL') ? codeOf(error) : error.message;
}
