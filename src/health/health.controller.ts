// GET /health/live and /health/ready.
import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { ProblemException } from '@pluggable/http-server';
import { PluginHealthIndicator } from '@pluggable/nestjs/terminus';
import { ComputeHealth } from './compute.health.js';
import { HttpHealth } from './http.health.js';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly plugins: PluginHealthIndicator,
    private readonly compute: ComputeHealth,
    private readonly http: HttpHealth,
  ) {}

  /** The process answers. Depends on nothing else, also while it shuts down. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The service takes requests; 503 while it shuts down. A degraded cache is said, and is no reason to stay away. Load is said, too. */
  @Get('ready')
  @HealthCheck()
  async ready(): Promise<HealthCheckResult> {
    try {
      return await this.health.check([() => this.plugins.check(), () => this.compute.check(), () => this.http.check()]);
    } catch (error) {
      // Terminus makes its result the body; here it is a problem, as every error.
      if (!(error instanceof ServiceUnavailableException)) throw error;
      throw new ProblemException({ status: 503, error: 'not ready', detail: whatIsDown(error.getResponse()) });
    }
  }
}

function whatIsDown(result: string | object): string {
  const down = typeof result === 'object' && 'error' in result ? result.error : undefined;
  return Object.entries(down ?? {})
    .map(([name, { message = 'down' }]: [string, { message?: string }]) => `${name}: ${message}`)
    .join('; ');
}
