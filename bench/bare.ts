// What hits are compared with: a Nest route on Express that answers a constant. `logged`: with the service's own logger,
// which writes a line for each request, and its two headers. Decorators are called by hand: Node runs this file as it is.
import 'reflect-metadata';
import { Controller, type DynamicModule, Get, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Response } from 'express';
import { requestLog } from '@pluggable/http-server';
import { createLogger } from '../dist/observability/logger.js';

const isLogged = process.argv[2] === 'logged';

class BareController {
  async constant(response?: Response): Promise<{ result: number }> {
    response?.setHeader('Cache-Status', 'pluggable; hit');
    response?.setHeader('Server-Timing', 'cache;dur=0.01');
    return { result: 6_765 };
  }
}
const handler = Object.getOwnPropertyDescriptor(BareController.prototype, 'constant') ?? {};
Controller('fib')(BareController);
Get(':n')(BareController.prototype, 'constant', handler);
if (isLogged) Res({ passthrough: true })(BareController.prototype, 'constant', 0);

const module: DynamicModule = { module: BareController, controllers: [BareController] };
const app = await NestFactory.create<NestExpressApplication>(module, { logger: false, bodyParser: false });
app.disable('etag').disable('x-powered-by');
if (isLogged)
  app.getHttpServer().prependListener('request', requestLog(createLogger({ level: 'info', format: 'json' })));
await app.listen(process.env['PORT'] ?? 0, '127.0.0.1');
