// Liveness and readiness.
import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { CacheHealth } from './cache.health.js';
import { HealthController } from './health.controller.js';
import { HttpHealth } from './http.health.js';

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [CacheHealth, HttpHealth],
})
export class HealthModule {}
