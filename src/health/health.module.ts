// The module of liveness and readiness.
import { type DynamicModule, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { PluginHealthIndicator } from '@pluggable/nestjs/terminus';
import { ComputeHealth } from './compute.health.js';
import { HealthController } from './health.controller.js';
import { HttpHealth } from './http.health.js';

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [PluginHealthIndicator, ComputeHealth, HttpHealth],
})
export class HealthModule {
  /** @param fibonacci the module whose load readiness reports */
  static register(fibonacci: DynamicModule): DynamicModule {
    return { module: HealthModule, imports: [fibonacci] };
  }
}
