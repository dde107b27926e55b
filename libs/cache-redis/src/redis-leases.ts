// Leases in Redis: SET NX with a time to live, and scripts that compare the token.
import type { PluginLogger } from '@pluggable/contract';
import type { Redis } from 'ioredis';
import { isErrorReply, RedisError } from './connection/reply-errors.js';
import { leaseKeyOf } from './keys.js';
import type { RedisServers } from './redis-servers.js';

/** Scripts need no right beyond those of GET and SET, except EVAL. A time in the past ends the lease at once. */
const IF_HELD = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end";
const RENEW = `${IF_HELD} redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1`;
const RELEASE = `${IF_HELD} redis.call('SET', KEYS[1], '', 'PXAT', 1) return 1`;

export class RedisLeases {
  /** Whether the refusal of scripts is already logged. */
  private isRefusalLogged = false;

  constructor(
    private readonly log: PluginLogger,
    private readonly servers: RedisServers,
  ) {}

  async acquire(key: string, token: string, ttlMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    const name = leaseKeyOf(key);
    // An attempt without a reply can have taken effect. Then the lease that the next attempt finds is its own.
    let isUncertain = false;
    const set = async (redis: Redis): Promise<boolean> => {
      try {
        const reply = await redis.set(name, token, 'PX', ttlMs, 'NX');
        return reply === 'OK' || (isUncertain && (await redis.get(name)) === token);
      } catch (error) {
        isUncertain ||= !isErrorReply(error);
        throw error;
      }
    };
    const isAcquired = await this.servers.send(name, set, signal);
    this.log.debug(isAcquired ? 'lease acquired' : 'lease held', { key, ttlMs });
    return isAcquired;
  }

  async renew(key: string, token: string, ttlMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    const isRenewed = await this.run(RENEW, key, [token, ttlMs], signal);
    this.log.debug(isRenewed ? 'lease renewed' : 'lease lost', { key, ttlMs });
    return isRenewed;
  }

  async release(key: string, token: string, signal: AbortSignal | undefined): Promise<void> {
    const isReleased = await this.run(RELEASE, key, [token], signal);
    this.log.debug(isReleased ? 'lease released' : 'lease lost', { key });
  }

  /** @returns false also when the user may not run scripts: then a lease ends by its time to live */
  private async run(
    script: string,
    key: string,
    args: readonly (string | number)[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const name = leaseKeyOf(key);
    try {
      return (await this.servers.send(name, (redis) => redis.eval(script, 1, name, ...args), signal)) === 1;
    } catch (error) {
      if (!(error instanceof RedisError) || !isRefused(error)) throw error;
      if (!this.isRefusalLogged) {
        const fix = 'allow +eval, so that leases can be renewed and released';
        this.log.warn('scripts are refused; leases end by their time to live', { error: error.message, fix });
      }
      this.isRefusalLogged = true;
      return false;
    }
  }
}

/** NOPERM: the user may not run scripts. Some proxies and renamed commands: EVAL is unknown. */
function isRefused({ code, message }: RedisError): boolean {
  return code === 'NOPERM' || /^ERR unknown command\W*EVAL\b/i.test(message);
}
