// The composition root: combines configuration, cache, computation and routes.
import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { APP_FILTER } from '@nestjs/core';
import { CacheModule } from '@pluggable/cache';
import { ProblemFilter } from '@pluggable/http-server';
import type { DomainModuleOptions } from '@pluggable/nestjs';
import { AdminModule } from './admin/admin.module.js';
import { adminProblem } from './admin/admin.problem.js';
import type { AppConfig } from './config/config.js';
import { EventsModule } from './events/events.module.js';
import { failureProblem } from './fibonacci/failure.problem.js';
import { FibonacciModule } from './fibonacci/fibonacci.module.js';
import type { FibonacciOptions } from './fibonacci/fibonacci.module-definition.js';
import { HealthModule } from './health/health.module.js';
import { MetricsModule } from './observability/metrics/metrics.module.js';
import { LogModule } from './observability/log.module.js';
import { PlaygroundModule } from './playground/playground.module.js';
import type { PlaygroundOptions } from './playground/playground.options.js';
import { pagesOf } from './observability/pages.js';
import { LOGGER, type Logger, pluginLogger, pluginLogLevel } from './observability/logger.js';
import { OpenApiModule } from './openapi/openapi.module.js';

type Config = ConfigService<AppConfig, true>;

@Module({})
export class AppModule {
  static register(configModule: DynamicModule, config: AppConfig): DynamicModule {
    const { admin, metrics, docs, events, playground } = config;
    const fibonacci = FibonacciModule.forRootAsync({ inject: [ConfigService, LOGGER], useFactory: fibonacciOptions });
    return {
      module: AppModule,
      imports: [
        configModule,
        MetricsModule.register(metrics.isOn, fibonacci),
        LogModule,
        CacheModule.forRootAsync({ isGlobal: true, inject: [ConfigService, LOGGER], useFactory: cacheOptions }),
        fibonacci,
        // Routes are matched in this order.
        HealthModule.register(fibonacci),
        ...(admin.token === '' ? [] : [AdminModule]),
        ...(events.isOn ? [EventsModule.register(events, fibonacci)] : []),
        ...(playground.isOn ? [PlaygroundModule.register(playgroundOptions(config), fibonacci)] : []),
        ...(docs.isOn ? [OpenApiModule] : []),
      ],
      providers: [{ provide: APP_FILTER, inject: [LOGGER], useFactory: problemFilter }],
    };
  }
}

function problemFilter(log: Logger): ProblemFilter {
  return new ProblemFilter({ log, problemOf: (error) => failureProblem(error) ?? adminProblem(error) });
}

function playgroundOptions(config: AppConfig): PlaygroundOptions {
  const { admin, events, fibonacci } = config;
  const links = pagesOf(config)
    .map(({ path }) => path)
    .filter((path) => path !== '/');
  return { maxN: fibonacci.maxN, hasEvents: events.isOn, hasAdmin: admin.token !== '', links };
}

function cacheOptions(config: Config, log: Logger): DomainModuleOptions {
  const {
    timeoutMs,
    plugin: { directory, ...plugin },
  } = config.get('cache', { infer: true });
  return {
    ...plugin,
    swapWithin: directory,
    callTimeoutMs: timeoutMs,
    env: config.get('environment', { infer: true }),
    reservedVariables: Object.keys(config.get('settings', { infer: true })),
    logger: pluginLogger(log),
    logLevel: pluginLogLevel(log),
    settingNames: {
      path: 'CACHE_PLUGIN_PATH',
      factoryName: 'CACHE_PLUGIN_FACTORY_NAME',
      startTimeoutMs: 'CACHE_PLUGIN_START_TIMEOUT',
      callTimeoutMs: 'CACHE_TIMEOUT',
      integrity: 'CACHE_PLUGIN_INTEGRITY',
      swapWithin: 'CACHE_PLUGIN_DIR',
    },
  };
}

function fibonacciOptions(config: Config, log: Logger): FibonacciOptions {
  return {
    maxN: config.get('fibonacci.maxN', { infer: true }),
    expirationMs: config.get('cache.expirationMs', { infer: true }),
    compute: config.get('compute', { infer: true }),
    lease: {
      ...config.get('cache.lease', { infer: true }),
      cacheTimeoutMs: config.get('cache.timeoutMs', { infer: true }),
    },
    log,
  };
}
