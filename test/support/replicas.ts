// Three replicas of the program with one Redis, behind HAProxy.
import { freePort } from './free-port.ts';
import { type Haproxy, startHaproxy } from './haproxy.ts';
import { type Program, REDIS_PLUGIN } from './program.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { Runs } from './runs.ts';

const COUNT = 3;

export class Replicas implements AsyncDisposable {
  /** The runs of each replica. */
  readonly runs: readonly Runs[];
  readonly redis: RedisServer;
  private balancer: Haproxy | undefined;

  private constructor(redis: RedisServer, runs: readonly Runs[]) {
    this.redis = redis;
    this.runs = runs;
  }

  /**
   * @param env settings of the replicas
   * @param args directives of redis.conf, as arguments
   */
  static async start(env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Replicas> {
    const ports: number[] = [];
    for (let count = 0; count < COUNT; count++) ports.push(await freePort());
    const redis = await startRedis({ args });
    const settings = { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: redis.addr, LOG_LEVEL: 'info', ...env };
    const replicas = new Replicas(
      redis,
      ports.map((port) => new Runs({ ...settings, PORT: String(port) })),
    );
    try {
      for (const runs of replicas.runs) await runs.start();
      replicas.balancer = await startHaproxy(ports);
      return replicas;
    } catch (error) {
      await replicas[Symbol.asyncDispose]();
      throw error;
    }
  }

  get haproxy(): Haproxy {
    if (this.balancer === undefined) throw new Error('HAProxy does not run');
    return this.balancer;
  }

  get all(): readonly Program[] {
    return this.runs.map(({ newest }) => newest);
  }

  replica(index: number): Program {
    return this.runsOf(index).newest;
  }

  /** Starts a replica, again on its port. */
  async startReplica(index: number): Promise<void> {
    await this.runsOf(index).start();
  }

  /** Stops one replica after the other gracefully, and starts it again. @returns the exit codes */
  async restart(): Promise<(number | null)[]> {
    const codes: (number | null)[] = [];
    for (const runs of this.runs) {
      codes.push((await runs.newest.stop()).code);
      await runs.start();
      await this.haproxy.hasUp(COUNT);
    }
    return codes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.balancer?.[Symbol.asyncDispose]();
    for (const runs of this.runs) await runs[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }

  private runsOf(index: number): Runs {
    const runs = this.runs[index];
    if (runs === undefined) throw new Error(`there is no replica ${index}`);
    return runs;
  }
}
