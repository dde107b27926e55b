// One connection to Redis, which may come and go. A command is sent at once or not at all; none waits for a server.
import type { PluginLogger } from '@pluggable/contract';
import { Redis } from 'ioredis';
import { CLOSED_BY_SERVER, describeLoss, type Stage } from './connection-loss.js';
import { addressOf, optionsOf, pauseMs } from './connection-options.js';
import { greet, probe } from './handshake.js';
import { containImpossibleReplies } from './impossible-replies.js';
import type { RedisConfig } from './redis-config.js';
import { Replacement } from './replacement.js';
import { errorOfReply, isErrorReply, RedisError, UNSUPPORTED_SERVER } from './reply-errors.js';
import { ReplyLimit } from './reply-limit.js';
import { tellingConnector } from './telling-connector.js';

export class Connection {
  private readonly redis: Redis;
  private readonly server: string;
  /** Why no command can be sent; undefined when one can. */
  private problem: string | undefined = 'it has not answered yet';
  /** The problems of this outage that are logged already. */
  private readonly reported = new Set<string>();
  private stage: Stage = 'started';
  /** Whether this attempt or connection has failed: what fails after that is a consequence. */
  private hasFailed = false;
  private readonly replacement = new Replacement();
  /** Attempts since the server was last of use. */
  private attempts = 0;
  /** When the first of the last commands timed out, if none has been answered since. */
  private firstTimeoutMs: number | undefined;
  private readonly firstAttempt = Promise.withResolvers<void>();
  private closing: Promise<void> | undefined;

  /** Waits for the first attempt. When it fails, the connection comes as soon as the server does. */
  static async open(log: PluginLogger, config: RedisConfig, callTimeoutMs: number): Promise<Connection> {
    const connection = new Connection(log, config, callTimeoutMs);
    connection.redis.connect().catch(() => undefined);
    await connection.firstAttempt.promise;
    return connection;
  }

  private constructor(
    private readonly log: PluginLogger,
    private readonly config: RedisConfig,
    private readonly callTimeoutMs: number,
  ) {
    this.server = `${config.host}:${config.port}`;
    containImpossibleReplies();
    this.redis = new Redis({
      ...optionsOf(config, callTimeoutMs),
      Connector: tellingConnector(addressOf(config), () => (this.stage = 'reached')),
      retryStrategy: () => (this.replacement.isUnderWay ? 0 : pauseMs(this.attempts++)),
    });
    this.redis
      .on('connecting', () => this.onConnecting())
      .on('connect', () => this.onOpen())
      .on('ready', () => void this.greet())
      .on('error', (error) => this.onError(error))
      .on('close', () => this.onLost(CLOSED_BY_SERVER));
  }

  /**
   * A call waits while the connection is replaced because of another call's value, and is sent again if that has cut it off.
   *
   * @param command may be called more than once
   * @param signal aborted when the caller has gone
   * @throws RedisError when no command can be sent, or the command fails
   */
  async send<Reply>(command: (redis: Redis) => Promise<Reply>, signal?: AbortSignal): Promise<Reply> {
    for (;;) {
      if (this.replacement.isUnderWay) {
        await this.replacement.over();
        signal?.throwIfAborted();
      }
      try {
        return await this.sendNow(command);
      } catch (error) {
        const failure = this.failureOf(error);
        if (!this.replacement.isUnderWay || failure.code !== 'NO_CONNECTION') throw failure;
      }
    }
  }

  private async sendNow<Reply>(command: (redis: Redis) => Promise<Reply>): Promise<Reply> {
    if (this.closing !== undefined) throw new RedisError('CLOSED', 'the cache is closed');
    if (this.problem !== undefined) throw this.noConnection();
    this.gather();
    const reply = await command(this.redis);
    this.firstTimeoutMs = undefined;
    return reply;
  }

  /** @throws RedisError when the server is of no use */
  async ping(signal?: AbortSignal): Promise<void> {
    await this.send(probe, signal);
  }

  /** In our words, and without the command beside an error of ioredis: that has the password, or a value. */
  private failureOf(error: unknown): RedisError {
    if (error instanceof RedisError) return error;
    if (isErrorReply(error)) {
      this.firstTimeoutMs = undefined;
      const { code, message } = errorOfReply(error.message);
      if (code === UNSUPPORTED_SERVER) this.report('wrong kind of server', code, message);
      return new RedisError(code, this.mask(message));
    }
    if (error instanceof Error && error.message === 'Command timed out') {
      this.onTimeout();
      return new RedisError('TIMEOUT', 'the command timed out');
    }
    return this.noConnection();
  }

  private noConnection(): RedisError {
    return new RedisError(
      'NO_CONNECTION',
      `no connection to ${this.server} (${this.problem ?? 'it is being replaced'})`,
    );
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
    this.replacement.end();
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

  /** Ends a connection whose replies are held up, and connects anew at once. */
  private replace(): void {
    if (this.closing === undefined && !this.hasFailed && this.stage === 'usable') {
      this.hasFailed = true;
      this.problem = 'it is replaced, because of a value that is too large';
      this.replacement.begin(this.callTimeoutMs);
    }
    this.redis.stream.destroy();
  }

  private onConnecting(): void {
    this.hasFailed = false;
    this.stage = 'started';
  }

  private onOpen(): void {
    this.stage = 'open';
    const { stream } = this.redis;
    const limit = new ReplyLimit(this.config.maxValueBytes);
    // ioredis has just added its own listener, before all others.
    const [read] = stream.listeners('data');
    if (read === undefined) throw new Error('ioredis does not listen to its stream');
    stream.removeAllListeners('data');
    stream.prependListener('data', (bytes: Buffer) => {
      try {
        for (const part of limit.pass(bytes)) Reflect.apply(read, stream, [part]);
        if (limit.isHeldUp) this.replace();
      } catch (error) {
        stream.destroy(error instanceof Error ? error : undefined);
      }
    });
  }

  private async greet(): Promise<void> {
    const { stream } = this.redis;
    this.gather();
    try {
      const oddity = await greet(this.redis, this.config);
      if (stream === this.redis.stream) this.onUsable(oddity);
    } catch (error) {
      if (stream !== this.redis.stream) return;
      this.onError(isErrorReply(error) ? errorOfReply(error.message) : asError(error));
    }
  }

  private onUsable(oddity: string | undefined): void {
    // It has failed meanwhile: it is on its way out.
    if (this.closing !== undefined || this.hasFailed) return;
    this.stage = 'usable';
    this.problem = undefined;
    this.attempts = 0;
    this.firstTimeoutMs = undefined;
    this.reported.clear();
    this.replacement.end();
    this.log.info('connected', { server: this.server });
    if (oddity !== undefined) this.log.warn('used without the password', { server: this.server, error: oddity });
    this.firstAttempt.resolve();
  }

  private onError(error: Error): void {
    this.onLost(error);
    // Not every error ends the connection: a database that could not be selected, a reply to nothing.
    if (['connect', 'ready'].includes(this.redis.status)) this.redis.disconnect(true);
  }

  private onLost(error: Error): void {
    if (this.closing !== undefined || this.hasFailed) return;
    this.hasFailed = true;
    this.replacement.end();
    this.problem = this.mask(describeLoss(error, this.stage, this.config));
    this.firstAttempt.resolve();
    this.report('no connection', this.problem, this.problem);
  }

  /** Once for each subject, until the server is of use again. */
  private report(message: string, subject: string, error: string): void {
    if (this.reported.has(subject)) return;
    this.reported.add(subject);
    this.log.warn(message, { server: this.server, error });
  }

  private readonly mask = (text: string): string => {
    const { password } = this.config;
    if (password === undefined || password === '') return text;
    return [password, encodeURIComponent(password)].reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
