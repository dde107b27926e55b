// Scenes with one service: outages of Redis and of the plugin.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf } from '../support/children.ts';
import { freePort } from '../support/free-port.ts';
import type { Load } from '../support/load.ts';
import { scrape } from '../support/metrics.ts';
import { MEMORY_PLUGIN, REDIS_PLUGIN, runProgram } from '../support/program.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { Runs } from '../support/runs.ts';
import { type Acts, endAll, type Scene } from './scene.ts';

/** Longer than CACHE_TIMEOUT, in milliseconds. */
const SLOW_MS = 200;
/** Shorter than most delays before a restart, in milliseconds. */
const KILLS_EACH_MS = 300;
/** Longer than the host waits for a plugin that blocks, and than a restart, in milliseconds. */
const STOPS_EACH_MS = 2_000;

type Settings = Readonly<Record<string, string>>;

export const FIRST_HIT: Pick<Acts, 'recovery' | 'isRecovered'> = {
  recovery: 'the first hit',
  isRecovered: (load: Load, endedMs) => load.sentBetween(endedMs).some(({ isHit }) => isHit),
};

/** A service that can be started again. */
export class Service extends Runs {
  /** @param parts other parts, which end if the service does not start */
  static async launch(settings: Settings, parts: readonly AsyncDisposable[] = []): Promise<Service> {
    const service = new Service({ PORT: String(await freePort()), LOG_LEVEL: 'info', ...settings });
    try {
      await service.start();
      return service;
    } catch (error) {
      await endAll([service, ...parts]);
      throw error;
    }
  }

  /** @param parts other parts, which end after the service */
  scene(acts: Acts, parts: readonly AsyncDisposable[] = []): Scene {
    return {
      ...acts,
      url: this.newest.url,
      programs: () => new Map([['', this.programs]]),
      scrape: () => scrape(this.newest.url),
      [Symbol.asyncDispose]: () => endAll([this, ...parts]),
    };
  }
}

async function withRedis(acts: (redis: RedisServer) => Omit<Acts, 'recovery' | 'isRecovered'>): Promise<Scene> {
  const redis = await startRedis();
  const service = await Service.launch({ CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: redis.addr }, [redis]);
  return service.scene({ ...FIRST_HIT, ...acts(redis) }, [redis]);
}

export const redisFrozen = (): Promise<Scene> =>
  withRedis((redis) => ({
    begins: 'Redis stops (SIGSTOP): it keeps its connections and answers nothing',
    begin: () => redis.freeze(),
    ends: 'Redis goes on (SIGCONT)',
    end: () => redis.thaw(),
  }));

export const redisKilled = (): Promise<Scene> =>
  withRedis((redis) => ({
    begins: 'Redis is killed (SIGKILL)',
    begin: () => redis.kill(),
    ends: 'Redis starts, empty',
    end: () => redis.start(),
  }));

export async function redisSlow(): Promise<Scene> {
  // A part of the build.
  const { latency, openFaultProxy, passThrough } = await import('@pluggable/testkit');
  const redis = await startRedis();
  const proxy = await openFaultProxy({ port: redis.port });
  const parts = [proxy, redis];
  const settings = { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: `127.0.0.1:${proxy.port}` };
  const service = await Service.launch(settings, parts);
  const acts = {
    begins: `Redis answers ${SLOW_MS} ms later, which is longer than CACHE_TIMEOUT`,
    begin: () => proxy.inject(latency(SLOW_MS)),
    ends: 'Redis is fast again',
    end: () => proxy.inject(passThrough),
  };
  return service.scene({ ...FIRST_HIT, ...acts }, parts);
}

export async function pluginMissing(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'pluggable-drill-'));
  const files = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  const path = join(folder, 'cache.mjs');
  await cp(MEMORY_PLUGIN, path);
  const env = { CACHE_PLUGIN_PATH: path };
  const service = await Service.launch(env, [files]);
  let note = '';
  const acts = {
    begins: 'the service restarts without the file of its plugin, with CACHE_PLUGIN_REQUIRED=false',
    begin: async () => {
      await service.newest.stop();
      await rm(path);
      const { code, stderr } = await runProgram({ env });
      note = `With CACHE_PLUGIN_REQUIRED=true, the service ends with exit code ${code}: ${stderr.trim()}`;
      await service.start({ CACHE_PLUGIN_REQUIRED: 'false' });
    },
    ends: 'the file is there',
    end: () => cp(MEMORY_PLUGIN, path),
    notes: () => [note],
  };
  return service.scene({ ...FIRST_HIT, ...acts }, [files]);
}

export const pluginKilled = (): Promise<Scene> =>
  withSignalledPlugin('SIGKILL', KILLS_EACH_MS, {
    begins: `the process of the plugin is killed (SIGKILL) each ${KILLS_EACH_MS} ms`,
    ends: 'it is not killed any more',
  });

export const pluginBlocked = (): Promise<Scene> =>
  withSignalledPlugin('SIGSTOP', STOPS_EACH_MS, {
    begins: `the process of the plugin stops (SIGSTOP) each ${STOPS_EACH_MS} ms: it answers nothing`,
    ends: 'it is not stopped any more',
  });

async function withSignalledPlugin(
  name: NodeJS.Signals,
  eachMs: number,
  words: Pick<Acts, 'begins' | 'ends'>,
): Promise<Scene> {
  const service = await Service.launch({ CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_PLUGIN_ISOLATION: 'process' });
  const signal = (which = name): void => {
    for (const guest of childrenOf(service.newest.pid)) {
      try {
        process.kill(guest, which);
      } catch {
        // It has just ended.
      }
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => clearInterval(timer);
  const acts = {
    ...words,
    begin: () => {
      signal();
      timer = setInterval(() => signal(), eachMs);
    },
    end,
  };
  const scene = service.scene({ ...FIRST_HIT, ...acts });
  const dispose = async (): Promise<void> => {
    end();
    // A process that stands still does not see the end of the service.
    signal('SIGKILL');
    await scene[Symbol.asyncDispose]();
  };
  return { ...scene, [Symbol.asyncDispose]: dispose };
}
