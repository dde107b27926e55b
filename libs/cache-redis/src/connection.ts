// One connection to Redis, which may come and go. A command is sent at once or not at all; none waits for a server.
import { isIP } from 'node:net';
import type { PluginLogger } from '@pluggable/plugin-contract';
import { Redis, type RedisOptions, ReplyError } from 'ioredis';
import { containImpossibleReplies } from './impossible-replies.js';
import type { RedisConfig } from './manifest.js';

/** Longest time to reach the server, in milliseconds. */
const CONNECT_TIMEOUT_MS = 1_000;
/** Pauses between attempts to reach it double from the first to the longest, in milliseconds. */
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2_000;
/** How long the server may take to confirm that a connection has ended, in milliseconds. */
const DISCONNECT_TIMEOUT_MS = 250;

export class Connection {
  private readonly redis: Redis;
  private readonly server: string;
  /** Why no command can be sent; undefined when one can. */
  private problem: string | undefined = 'it has not answered yet';
  /** The problems of this outage that are logged already. */
  private readonly reported = new Set<string>();
  /** Whether this attempt or connection has failed: what fails after that is a consequence. */
  private hasFailed = false;
  /** When the first of the last commands timed out, if none has been answered since. */
  private firstTimeoutMs: number | undefined;
  private closing: Promise<void> | undefined;

  /** Waits for the first attempt. When it fails, the connection comes as soon as the server does. */
  static async open(log: PluginLogger, config: RedisConfig, callTimeoutMs: number): Promise<Connection> {
    const connection = new Connection(log, config, callTimeoutMs);
    await connection.redis.connect().catch(() => undefined);
    return connection;
  }

  private constructor(
    private readonly log: PluginLogger,
    config: RedisConfig,
    private readonly callTimeoutMs: number,
  ) {
    this.server = `${config.host}:${config.port}`;
    containImpossibleReplies();
    this.redis = new Redis(optionsOf(config, callTimeoutMs));
    this.redis
      .on('connecting', () => (this.hasFailed = false))
      .on('ready', () => this.onReady())
      .on('error', (error) => this.onError(error))
      .on('close', () => this.onLost('the server closed it'));
  }

  /** @throws Error when no command can be sent, and what the command fails with */
  async send<Reply>(command: (redis: Redis) => Promise<Reply>): Promise<Reply> {
    if (this.closing !== undefined) throw new Error('the cache is closed');
    if (this.problem !== undefined) throw new Error(`no connection to ${this.server} (${this.problem})`);
    this.gather();
    try {
      const reply = await command(this.redis);
      this.firstTimeoutMs = undefined;
      return reply;
    } catch (error) {
      if (error instanceof ReplyError) this.firstTimeoutMs = undefined;
      else if (error instanceof Error && error.message === 'Command timed out') this.onTimeout();
      throw error;
    }
  }

  /** Bytes may come and answer nothing: a reply that never ends. No reply can be told from the next one then. */
  private onTimeout(): void {
    const nowMs = performance.now();
    this.firstTimeoutMs ??= nowMs;
    if (nowMs - this.firstTimeoutMs >= this.callTimeoutMs) this.onError(new Error('it answers no command'));
  }

  /**
   * Lets the commands of one turn of the event loop share one write. ioredis writes each by itself; its own pipelining would
   * make them wait for the answers to those before.
   */
  private gather(): void {
    const { stream } = this.redis;
    if (stream.writableCorked > 0) return;
    stream.cork();
    setImmediate(() => stream.uncork());
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { redis } = this;
    if (this.hasEnded()) return;
    // Between two attempts there is no socket whose end could be waited for.
    const ended =
      redis.status === 'reconnecting' ? undefined : new Promise<void>((resolve) => redis.once('end', resolve));
    // Lets the replies in flight arrive. A server that does not answer meets the time limit of a command.
    if (redis.status === 'ready') await redis.quit().catch(() => undefined);
    if (!this.hasEnded()) redis.disconnect();
    await ended;
  }

  private hasEnded(): boolean {
    return this.redis.status === 'end';
  }

  private onReady(): void {
    // Ready and failed: it is on its way out.
    if (this.closing !== undefined || this.hasFailed) return;
    this.problem = undefined;
    this.firstTimeoutMs = undefined;
    this.reported.clear();
    this.log.info('connected', { server: this.server });
  }

  private onError(error: Error): void {
    // The message only: the command beside it may be AUTH, with the password.
    this.onLost(error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : error.message);
    // Not every error ends the connection: a database that could not be selected, a reply to nothing.
    if (['connect', 'ready'].includes(this.redis.status)) this.redis.disconnect(true);
  }

  private onLost(problem: string): void {
    if (this.closing !== undefined || this.hasFailed) return;
    this.hasFailed = true;
    this.problem = problem;
    if (this.reported.has(problem)) return;
    this.reported.add(problem);
    this.log.warn('no connection', { server: this.server, error: problem });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function optionsOf(
  { host, port, username, password, db, tls, keyPrefix, protocol }: RedisConfig,
  callTimeoutMs: number,
) {
  return {
    host,
    port,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    db,
    // tls.connect() sends no server name of its own accord.
    ...(tls && { tls: isIP(host) ? {} : { servername: host } }),
    keyPrefix,
    protocol,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    // The host is to say that a call took too long: it tells that from other failures. This is for what the host has given up.
    commandTimeout: 1.25 * callTimeoutMs,
    // A server that has stopped, or a peer that vanished: the socket goes, and with it what it has not sent.
    socketTimeout: 2 * callTimeoutMs,
    retryStrategy: (attempt: number) =>
      Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1)) * (0.75 + Math.random() / 4),
    // A server that loads its data estimates how long that takes, and may be wrong by far.
    maxLoadingRetryTime: LONGEST_RETRY_MS,
    // Nothing waits for a connection, is tried again, or is sent after its caller has been told that it failed.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  } satisfies RedisOptions;
}
