// GET and POST /admin/cache-plugin: what the cache plugin is, and its replacement while the service runs.
import { Body, Controller, Get, HttpCode, Inject, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import { CachePlugin, type CachePluginStatus, isPluginError, PLUGIN_MODES } from '@pluggable/cache';
import * as z from 'zod';
import { ProblemException } from '@pluggable/http-server';
import { AdminTokenGuard } from './admin-token.guard.js';
import { JsonBody } from './json-body.interceptor.js';
import { LOGGER, type Logger } from '../observability/logger.js';

const Swap = z.strictObject({
  path: z.string().min(1, 'wanted a path'),
  factoryName: z.string().min(1).optional(),
  integrity: z.string().optional(),
  isolation: z.enum(PLUGIN_MODES).optional(),
});

@Controller('admin/cache-plugin')
@UseGuards(AdminTokenGuard)
export class AdminController {
  constructor(
    private readonly plugin: CachePlugin,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Get()
  status(): object {
    return shown(this.plugin.status());
  }

  /** Answers when the new plugin serves. What fails leaves the old one serving. */
  @Post()
  @HttpCode(200)
  @UseInterceptors(JsonBody)
  async swap(@Body() body: unknown): Promise<object> {
    const wanted = Swap.safeParse(body);
    if (!wanted.success) {
      const detail = `the body is wrong: ${problemsOf(wanted.error)}`;
      throw new ProblemException({ status: 400, error: 'invalid value', detail });
    }
    try {
      const status = await this.plugin.swap(wanted.data);
      this.log.info({ path: status.plugin?.path, hash: status.plugin?.hash }, 'cache plugin swapped');
      return { ...shown(status), lasts: 'until the restart, when CACHE_PLUGIN_PATH counts again' };
    } catch (error) {
      if (!isPluginError(error)) throw error;
      this.log.warn({ code: error.code, error: error.message }, 'cache plugin not swapped');
      throw new ProblemException({ status: 422, error: 'refused', detail: error.message, code: error.code });
    }
  }
}

function shown({ failure, plugin, ...status }: CachePluginStatus): object {
  return {
    ...status,
    plugin,
    failure: failure && { ...failure, error: { code: failure.error.code, message: failure.error.message } },
  };
}

function problemsOf(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}
