// Three replicas of the program with one Redis, behind HAProxy.
import { freePort } from './free-port.ts';
import { type Haproxy, startHaproxy } from './haproxy.ts';
import { type Program, REDIS_PLUGIN, startProgram } from './program.ts';
import { type RedisServer, startRedis } from './redis.ts';

const COUNT = 3;

export class Replicas implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly ports: readonly number[];
  private readonly env: Readonly<Record<string, string>>;
  private readonly programs: Program[] = [];
  private balancer: Haproxy | undefined;

  private constructor(redis: RedisServer, ports: readonly number[], env: Readonly<Record<string, string>>) {
    this.redis = redis;
    this.ports = ports;
    this.env = env;
  }

  /**
   * @param env settings of the replicas
   * @param args directives of redis.conf, as arguments
   */
  static async start(env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Replicas> {
    const ports: number[] = [];
    for (let index = 0; index < COUNT; index++) ports.push(await freePort());
    const replicas = new Replicas(await startRedis({ args }), ports, env);
    try {
      for (const index of ports.keys()) await replicas.startReplica(index);
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

  replica(index: number): Program {
    const program = this.programs[index];
    if (program === undefined) throw new Error(`there is no replica ${index}`);
    return program;
  }

  get all(): readonly Program[] {
    return this.programs;
  }

  indexOf(replica: Program): number {
    return this.programs.indexOf(replica);
  }

  /** Starts a replica, again on its port. */
  async startReplica(index: number): Promise<void> {
    this.programs[index] = await startProgram({
      env: {
        PORT: String(this.ports[index]),
        CACHE_PLUGIN_PATH: REDIS_PLUGIN,
        REDIS_ADDR: this.redis.addr,
        LOG_LEVEL: 'info',
        ...this.env,
      },
    });
  }

  /** Stops one replica after the other gracefully, and starts it again. @returns the exit codes */
  async restart(): Promise<(number | null)[]> {
    const codes: (number | null)[] = [];
    for (const index of this.ports.keys()) {
      codes.push((await this.replica(index).stop()).code);
      await this.startReplica(index);
      await this.haproxy.hasUp(COUNT);
    }
    return codes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.balancer?.[Symbol.asyncDispose]();
    for (const program of this.programs) await program[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }
}
