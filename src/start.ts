// The life of the process: flags, configuration, application, listen, shutdown.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { type AppConfig, loadConfig, unknownSettings, wantsStacks } from './config/config.js';
import { parseFlags } from './config/flags.js';
import { DrainingAdapter } from './http/draining-adapter.js';
import { literalEscapes } from './http/literal-escapes.js';
import { requestLog } from './http/request-log.js';
import { shutDownOnSignal } from './http/shutdown.js';
import { unwantedBody } from './http/unwanted-body.js';
import { LOGGER, type Logger } from './ops/logger.js';
import { NestLogger } from './ops/nest-logger.js';

/**
 * Starts the service; a start that fails says why in one sentence and ends the process with exit code 1.
 * @param args the command line without program and script
 */
export async function start(args: readonly string[]): Promise<void> {
  let stacks = wantsStacks({});
  try {
    const commandLine = parseFlags(args);
    if ('answer' in commandLine) {
      process.stdout.write(commandLine.answer);
      return;
    }
    stacks = wantsStacks(commandLine.flags);
    const { config, module } = await loadConfig(commandLine.flags);
    stacks = ['debug', 'trace'].includes(config.log.level);

    // Silent until the application is complete: an error while it is built is reported here, once.
    const adapter = new DrainingAdapter(config.http.shutdownGraceMs);
    const app = await NestFactory.create<NestExpressApplication>(AppModule.register(module), adapter, {
      logger: false,
      abortOnError: false,
      bodyParser: false,
    });
    await serve(app, config);
  } catch (error) {
    process.stderr.write(`pluggable: ${sentenceOf(error)}\n`);
    if (stacks && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  }
}

async function serve(app: NestExpressApplication, config: AppConfig): Promise<void> {
  const log = app.get<Logger>(LOGGER);
  app.useLogger(new NestLogger(log));
  for (const name of unknownSettings(config.environment)) {
    log.warn({ name }, 'unknown setting; ignored');
  }

  shutDownOnSignal(app, { log, isRunByNpm: config.isRunByNpm });
  app.use(requestLog(log));
  app.use(literalEscapes);
  app.use(unwantedBody);
  try {
    await (config.http.host === '' ? app.listen(config.http.port) : app.listen(config.http.port, config.http.host));
  } catch (error) {
    await app.close();
    throw error;
  }
  log.info({ addr: await app.getUrl() }, 'listening');
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('syscall' in error && error.syscall === 'listen' && 'code' in error) {
    const address = 'address' in error && 'port' in error ? `${String(error.address)} port ${String(error.port)}` : '';
    switch (error.code) {
      case 'EADDRINUSE':
        return `${address} is in use; stop the program that has it, or set PORT (0 for any free one)`;
      case 'EACCES':
        return `${address} may not be listened on; set PORT to one above 1023`;
      default:
        return `cannot listen on ${address} (${String(error.code)}); correct HOST and PORT`;
    }
  }
  return error.message;
}
