// The operations module: error answers, GET /health, and /admin/plugins, which swaps the plugin at run time.
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { HealthCheck, type HealthCheckResult, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { bearerToken, PluginAdminController, PluginProblemFilter } from '@pluggable/nestjs/admin';
import { PluginHealthIndicator } from '@pluggable/nestjs/terminus';

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly plugins: PluginHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  async check(): Promise<HealthCheckResult> {
    return await this.health.check([() => this.plugins.check()]);
  }
}

@Controller('admin/plugins')
@UseGuards(bearerToken(() => process.env['ADMIN_TOKEN']))
class AdminController extends PluginAdminController {}

@Module({
  imports: [TerminusModule],
  controllers: [HealthController, AdminController],
  providers: [
    PluginHealthIndicator,
    { provide: APP_FILTER, useClass: PluginProblemFilter.with({ INVALID_ADDRESS: 400 }) },
  ],
})
export class OperationsModule {}
