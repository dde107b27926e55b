// GET /health/live and /health/ready.
import { Controller, Get } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { CacheHealth } from './cache.health.js';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly cache: CacheHealth,
  ) {}

  /** The process answers. Depends on nothing else, also while it shuts down. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The service takes requests; 503 while it shuts down. A degraded cache is said, and is no reason to stay away. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.cache.check()]);
  }
}
