// Asks Redis Sentinels for the address of the primary.
import { Redis } from 'ioredis';
import { isHost, type ServerAddress, textOf } from '../config/server-address.js';
import type { SentinelTopology } from '../config/topology.js';
import { describeLoss } from './connection-loss.js';
import { addressOptions, optionsOf } from './connection-options.js';
import { greet } from './handshake.js';
import { limitReplies } from './limited-replies.js';
import { listedProblems } from './listed-problems.js';
import { errorOfReply, isErrorReply, RedisError, UNSUPPORTED_SERVER } from './reply-errors.js';
import { masked } from './secrets.js';
import { VALUE_TOO_LARGE } from './reply-limit.js';
import type { Target } from './target.js';

/** Longest wait for the answer of one Sentinel, in milliseconds. */
const ANSWER_TIMEOUT_MS = 500;
/** Longest part of an answer, in bytes. */
const LONGEST_ANSWER_BYTES = 4_096;

export class Sentinels implements Target {
  readonly name: string;
  /** The Sentinel that is asked first. Each search begins with another, because one may be cut off from the others and out of date. */
  private first = 0;

  constructor(private readonly topology: SentinelTopology) {
    this.name = topology.name;
  }

  /** @throws RedisError when no Sentinel names the primary */
  async locate(signal: AbortSignal): Promise<ServerAddress> {
    const { sentinels, name, natMap } = this.topology;
    const problems: [sentinel: string, problem: string][] = [];
    const first = this.first++ % sentinels.length;
    for (const sentinel of [...sentinels.slice(first), ...sentinels.slice(0, first)]) {
      signal.throwIfAborted();
      try {
        const primary = await this.ask(sentinel, signal);
        return natMap.get(textOf(primary)) ?? primary;
      } catch (error) {
        problems.push([textOf(sentinel), this.describe(error)]);
      }
    }
    throw new RedisError('NO_PRIMARY', `no Sentinel names the primary of ${name}; ${listedProblems(problems)}`);
  }

  /** A primary becomes a replica when another one replaces it. A Sentinel may also be wrong for a moment. */
  isReplaced({ code }: RedisError): boolean {
    return ['READONLY', 'MASTERDOWN', UNSUPPORTED_SERVER].includes(code);
  }

  private async ask(sentinel: ServerAddress, signal: AbortSignal): Promise<ServerAddress> {
    const { tls, name, username, password } = this.topology;
    const redis = new Redis({
      ...optionsOf({ tls, keyPrefix: '' }, ANSWER_TIMEOUT_MS),
      ...addressOptions(sentinel, tls),
      retryStrategy: () => null,
    });
    let loss: Error | undefined;
    redis
      .on('error', (error) => (loss ??= error))
      .on('connect', () => limitReplies(redis, LONGEST_ANSWER_BYTES, undefined, () => redis.stream.destroy()));
    const end = () => redis.disconnect();
    signal.addEventListener('abort', end);
    try {
      await redis.connect();
      await greet(redis, { username, password, db: 0, protocol: 2 });
      return addressIn(await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name));
    } catch (error) {
      throw loss ?? error;
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  private describe(error: unknown): string {
    const { password, tls } = this.topology;
    if (!(error instanceof Error)) return String(error);
    const { code, message } = failureOf(error, tls);
    if (/^ERR unknown command\W*SENTINEL/i.test(error.message)) {
      return 'it is not a Sentinel; wanted the port of a Sentinel, by default 26379';
    }
    return ADVICE[code] ?? masked(message, password);
  }
}

function failureOf(error: Error, tls: boolean): RedisError {
  if (error instanceof RedisError) return error;
  return isErrorReply(error)
    ? errorOfReply(error.message)
    : new RedisError('NO_CONNECTION', describeLoss(error, 'reached', { tls }, 'set REDIS_SENTINEL_TLS=false'));
}

const NO_ADDRESS = 'its answer is not an address';

/** The ways out that differ from those for a server that holds data. */
const ADVICE: Readonly<Record<string, string>> = {
  NOAUTH: 'NOAUTH: it requires a password; set REDIS_SENTINEL_PASSWORD',
  WRONGPASS:
    'WRONGPASS: it refuses the user or the password; correct REDIS_SENTINEL_USERNAME or REDIS_SENTINEL_PASSWORD',
  [VALUE_TOO_LARGE]: NO_ADDRESS,
  NOPERM: 'NOPERM: its user may not ask for the primary; allow +sentinel|get-master-addr-by-name',
};

/** @param reply host and port; null for an unknown name */
function addressIn(reply: unknown): ServerAddress {
  if (!Array.isArray(reply)) {
    throw new RedisError('UNKNOWN_PRIMARY', 'it watches no primary of this name; correct REDIS_SENTINEL_NAME');
  }
  const [host, port]: unknown[] = reply;
  if (typeof host !== 'string' || !isHost(host) || !/^[1-9]\d{0,4}$/.test(String(port))) {
    throw new RedisError('UNKNOWN_PRIMARY', NO_ADDRESS);
  }
  return { host, port: Number(port) };
}
