// The baseline for hits: a Nest route on Express with a constant answer. `logged`: with the logger of the service, one line
// per request, and its two headers. In JavaScript, because stripping types takes time and memory; decorators are therefore
// called as functions.
import 'reflect-metadata';
import { Controller, Get, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const isLogged = process.argv[2] === 'logged';

class BareController {
  async constant(response) {
    response?.setHeader('Cache-Status', 'pluggable; hit');
    response?.setHeader('Server-Timing', 'cache;dur=0.01');
    return { result: 6_765 };
  }
}
const handler = Object.getOwnPropertyDescriptor(BareController.prototype, 'constant');
Controller('fib')(BareController);
Get(':n')(BareController.prototype, 'constant', handler);
if (isLogged) Res({ passthrough: true })(BareController.prototype, 'constant', 0);

const module = { module: BareController, controllers: [BareController] };
const app = await NestFactory.create(module, { logger: false, bodyParser: false });
app.disable('etag').disable('x-powered-by');
if (isLogged) {
  const { requestLog } = await import('@pluggable/http-server');
  const { createLogger } = await import('../build/observability/logger.js');
  const { log } = createLogger({ level: 'info', format: 'json' }, () => {});
  const logRequest = requestLog({ log });
  app
    .getHttpServer()
    .prependListener('request', (request, response) => response.on('close', logRequest(request, response)));
}
await app.listen(process.env.PORT ?? 0, '127.0.0.1');
