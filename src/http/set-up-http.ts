// What stands before every route.
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { literalEscapes } from './literal-escapes.js';
import { requestLog } from './request-log.js';
import type { Shutdown } from './shutdown.js';

export function setUpHttp(app: NestExpressApplication, { log, shutdown }: { log: Logger; shutdown: Shutdown }): void {
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(requestLog(log));
  app.use(shutdown.middleware);
  app.use(literalEscapes);
}
