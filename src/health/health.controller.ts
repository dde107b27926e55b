// The routes GET /health/live and /health/ready.
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

  /** The process answers. Independent of all other parts, also during shutdown. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The service accepts requests; 503 during shutdown. A degraded cache is reported and does not fail readiness. Reports the load, too. */
  @Get('ready')
  // Terminus would load @nestjs/swagger at each start.
  @HealthCheck({ noCache: true, swaggerDocumentation: false })
  async ready(): Promise<HealthCheckResult> {
    try {
      return await this.health.check([() => this.plugins.check(), () => this.compute.check(), () => this.http.check()]);
    } catch (error) {
      // Terminus throws its result as the body; it is converted to a problem.
      if (!(error instanceof ServiceUnavailableException)) throw error;
      throw new ProblemException({ status: 503, error: 'not ready', detail: describeDown(error.getResponse()) });
    }
  }
}

function describeDown(result: string | object): string {
  const down = typeof result === 'object' && 'error' in result ? result.error : undefined;
  return Object.entries(down ?? {})
    .map(([name, { message = 'down' }]: [string, { message?: string }]) => `${name}: ${message}`)
    .join('; ');
}
