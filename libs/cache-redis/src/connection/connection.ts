// One connection to Redis that reconnects. A command is sent at once or fails at once.
import type { PluginLogger } from '@pluggable/contract';
import { Redis } from 'ioredis';
import type { ConnectionConfig } from '../config/redis-config.js';
import { CLOSED_BY_SERVER, describeLoss, type Stage } from './connection-loss.js';
import { addressOptions, DISCONNECT_TIMEOUT_MS, LONGEST_RETRY_MS, optionsOf, pauseMs } from './connection-options.js';
import { gatherWrites } from './gathered-writes.js';
import { greet } from './handshake.js';
import { containImpossibleReplies } from './impossible-replies.js';
import { limitReplies } from './limited-replies.js';
import { locatingConnector } from './locating-connector.js';
import { Replacement } from './replacement.js';
import { Reported } from './reported.js';
import { errorOfReply, isErrorReply, RedisError, UNSUPPORTED_SERVER } from './reply-errors.js';
import { masked } from './secrets.js';
import { nameAt, type Target } from './target.js';

/** Longest use of a connection to a server that has become a replica, in milliseconds. */
const LONGEST_REPLICA_USE_MS = 5_000;

export class Connection {
  private readonly redis: Redis;
  /** The server in errors and in the log. */
  private server: string;
  private currentProblem: string | undefined = 'it has not answered yet';
  /** The problems of this outage that are already logged. */
  private readonly reported = new Reported();
  private stage: Stage = 'started';
  /** Whether this attempt or connection has failed. Later errors are consequences. */
  private hasFailed = false;
  /** The last stream that was told to end because of an error. */
  private leaving: Redis['stream'] | undefined;
  private readonly replacement = new Replacement();
  /** Attempts since the connection was last usable for long. */
  private attempts = 0;
  private usableSinceMs = 0;
  /** Start of the current series of timeouts, if no command has been answered since. */
  private firstTimeoutMs: number | undefined;
  private readonly firstAttempt = Promise.withResolvers<void>();
  private closing: Promise<void> | undefined;

  /** Begins to connect, and repeats it until it is closed. */
  constructor(
    private readonly log: PluginLogger,
    private readonly config: ConnectionConfig,
    private readonly callTimeoutMs: number,
    private readonly target: Target,
  ) {
    this.server = target.name;
    containImpossibleReplies();
    const nextPauseMs = () => pauseMs(this.attempts++);
    const onReached = () => (this.stage = 'reached');
    const locator = { locate: (signal: AbortSignal) => this.locate(signal), pauseMs: nextPauseMs, onReached };
    this.redis = new Redis({
      ...optionsOf(config, callTimeoutMs),
      Connector: locatingConnector(locator, DISCONNECT_TIMEOUT_MS),
      retryStrategy: () => (this.replacement.isUnderWay ? 0 : nextPauseMs()),
    });
    this.redis
      .on('connect', () => this.onOpen())
      .on('ready', () => void this.greet())
      .on('error', (error) => this.onError(error))
      .on('close', () => this.onLost(CLOSED_BY_SERVER));
    this.redis.connect().catch(() => undefined);
  }

  /** Resolves after the first attempt, whether it fails or not, and when the connection is closed. */
  get attempted(): Promise<void> {
    return this.firstAttempt.promise;
  }

  get isUsable(): boolean {
    return this.problem === undefined;
  }

  /** The reason why no command can be sent; undefined when commands can be sent. */
  get problem(): string | undefined {
    return this.currentProblem;
  }

  private async locate(signal: AbortSignal) {
    this.hasFailed = false;
    this.stage = 'started';
    const address = await this.target.locate(signal);
    this.server = this.mask(nameAt(this.target, address));
    // For the telemetry of ioredis.
    Object.assign(this.redis.options, address);
    return addressOptions(address, this.config.tls);
  }

  /**
   * Sends a command. While the connection is being replaced, because of a value that is too large or a server that has become a
   * replica, the call waits; a call that the replacement has cut off is sent again.
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
    gatherWrites(this.redis);
    const reply = await command(this.redis);
    this.firstTimeoutMs = undefined;
    return reply;
  }

  /** Without the `command` property of an ioredis error: it contains the password or a value. */
  private failureOf(error: unknown): RedisError {
    if (error instanceof RedisError) return error;
    if (isErrorReply(error)) {
      this.firstTimeoutMs = undefined;
      return this.failureOfReply(error.message);
    }
    if (error instanceof Error && error.message === 'Command timed out') {
      this.onTimeout();
      return new RedisError('TIMEOUT', 'the command timed out');
    }
    return this.noConnection();
  }

  private failureOfReply(reply: string): RedisError {
    const failure = this.errorOf(reply);
    const { code, message } = failure;
    if (code === UNSUPPORTED_SERVER) this.report('unsupported server', code, message);
    if (this.target.isReplaced?.(failure) === true) this.onError(failure);
    else if (code === 'READONLY') this.onReadOnly();
    return failure;
  }

  private errorOf(reply: string): RedisError {
    const special = this.target.errorOf?.(reply);
    if (special !== undefined) return special;
    const { code, message } = errorOfReply(reply);
    return new RedisError(code, this.mask(message));
  }

  /** The address may lead to the new primary by now: a name, a proxy or a service does. Calls wait, since look-ups still work. */
  private onReadOnly(): void {
    const usedMs = performance.now() - this.usableSinceMs;
    if (usedMs >= LONGEST_REPLICA_USE_MS) this.replace('it is replaced, because the server has become a replica');
  }

  private noConnection(): RedisError {
    const reason = this.problem ?? 'it is being replaced';
    return new RedisError('NO_CONNECTION', `no connection to ${this.server} (${reason})`);
  }

  /** A reply that never ends sends bytes and answers nothing, and later replies cannot be told apart: reconnect. */
  private onTimeout(): void {
    const nowMs = performance.now();
    this.firstTimeoutMs ??= nowMs;
    if (nowMs - this.firstTimeoutMs >= this.callTimeoutMs) this.onError(new Error('it answers no command'));
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { redis } = this;
    this.replacement.end();
    this.firstAttempt.resolve();
    if (this.hasEnded()) return;
    // Between two attempts, there is no socket to wait for.
    const ended =
      redis.status === 'reconnecting' ? undefined : new Promise<void>((resolve) => redis.once('end', resolve));
    // Lets replies in flight arrive, at most until the time limit of a command.
    if (redis.status === 'ready') await redis.quit().catch(() => undefined);
    if (!this.hasEnded()) redis.disconnect();
    await ended;
  }

  private hasEnded(): boolean {
    return this.redis.status === 'end';
  }

  /** Ends the connection, and reconnects at once. */
  private replace(problem: string): void {
    if (this.closing === undefined && !this.hasFailed && this.stage === 'usable') {
      this.hasFailed = true;
      this.currentProblem = problem;
      this.replacement.begin(this.callTimeoutMs);
    }
    this.redis.stream.destroy();
  }

  private onOpen(): void {
    this.stage = 'open';
    const onHeldUp = () => this.replace('it is replaced, because of a value that is too large');
    limitReplies(this.redis, this.config.maxValueBytes, this.target.maxReplyBytes, onHeldUp);
  }

  private async greet(): Promise<void> {
    const { stream } = this.redis;
    gatherWrites(this.redis);
    try {
      const warning = await greet(this.redis, this.config);
      if (stream === this.redis.stream) this.onUsable(warning);
    } catch (error) {
      if (stream !== this.redis.stream) return;
      this.onError(isErrorReply(error) ? this.errorOf(error.message) : asError(error));
    }
  }

  private onUsable(warning: string | undefined): void {
    // It has failed in the meantime, and is being closed.
    if (this.closing !== undefined || this.hasFailed) return;
    this.stage = 'usable';
    this.currentProblem = undefined;
    this.usableSinceMs = performance.now();
    this.firstTimeoutMs = undefined;
    this.reported.clear();
    this.replacement.end();
    this.log.info('connected', { server: this.server });
    if (warning !== undefined) this.log.warn('used without the password', { server: this.server, error: warning });
    this.firstAttempt.resolve();
    this.target.onUsable?.();
  }

  private onError(error: Error): void {
    this.onLost(error);
    const { status, stream } = this.redis;
    if (!['connect', 'ready'].includes(status) || stream === this.leaving) return;
    // Some errors do not end the connection: a database that could not be selected, an unexpected reply.
    this.leaving = stream;
    this.redis.disconnect(true);
  }

  private onLost(error: Error): void {
    if (this.closing !== undefined || this.hasFailed) return;
    this.hasFailed = true;
    if (this.stage === 'usable' && performance.now() - this.usableSinceMs >= LONGEST_RETRY_MS) this.attempts = 0;
    this.replacement.end();
    const problem = this.mask(describeLoss(error, this.stage, this.config));
    this.currentProblem = problem;
    this.firstAttempt.resolve();
    this.report('no connection', problem, problem);
    this.target.onLost?.();
  }

  /** Logs each problem once until the server can be used again. */
  private report(message: string, subject: string, error: string): void {
    if (this.reported.add(subject)) this.log.warn(message, { server: this.server, error });
  }

  private mask(text: string): string {
    return masked(text, this.config.password);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
