// The module that provides the logger to all modules.
import { Global, Module } from '@nestjs/common';
import { MetricsRegistry } from '@pluggable/nestjs/metrics';
import { ConfigService } from '@nestjs/config';
import type { AppConfig } from '../config/config.js';
import { APP_LOG, type AppLog, createLogger, LOGGER } from './logger.js';

@Global()
@Module({
  providers: [
    {
      provide: APP_LOG,
      inject: [ConfigService, MetricsRegistry],
      useFactory: (config: ConfigService<AppConfig, true>, metrics: MetricsRegistry) => {
        const dropped = metrics.counter({
          name: 'pluggable_log_lines_dropped_total',
          help: 'Log lines that were dropped because the reader of standard output is slow.',
        });
        const lines = dropped.of();
        const appLog = createLogger(config.get('log', { infer: true }), () => lines.add());
        const { log } = appLog;
        log.info('application started');
        log.debug({ config: config.get('settings', { infer: true }) }, 'using configuration');
        return appLog;
      },
    },
    { provide: LOGGER, inject: [APP_LOG], useFactory: ({ log }: AppLog) => log },
  ],
  exports: [LOGGER],
})
export class LogModule {}
