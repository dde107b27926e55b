// The module that provides the logger to all modules.
import { Global, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { AppConfig } from '../config/config.js';
import { createLogger, LOGGER } from './logger.js';

@Global()
@Module({
  providers: [
    {
      provide: LOGGER,
      inject: [ConfigService],
      useFactory: (config: ConfigService<AppConfig, true>) => {
        const log = createLogger(config.get('log', { infer: true }));
        log.info('application started');
        log.debug({ config: config.get('settings', { infer: true }) }, 'using configuration');
        return log;
      },
    },
  ],
  exports: [LOGGER],
})
export class LogModule {}
