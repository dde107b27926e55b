// The start of the process: flags, configuration, application, listen, shutdown handlers.
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import {
  answerClientErrors,
  connectionLimits,
  DrainingAdapter,
  identify,
  literalEscapes,
  refuseUnwantedBody,
  refuseWrongHost,
  requestLog,
} from '@pluggable/http-server';
import { PluginRegistry } from '@pluggable/nestjs';
import { AppModule } from '../app.module.js';
import { type AppConfig, loadConfig, wantsStacks } from '../config/config.js';
import { parseFlags } from '../config/flags.js';
import { version } from '../config/help-text.js';
import { oneLine } from '../config/one-line.js';
import { unknownSettings } from '../config/unknown-settings.js';
import { Shutdown, whileStarting } from './shutdown.js';
import { APP_LOG, type AppLog, type Logger } from '../observability/logger.js';
import { HttpMetrics } from '../observability/metrics/http.metrics.js';
import { startTracing, type Tracing } from '../observability/tracing/tracing.js';
import { NestLogger } from '../observability/nest-logger.js';
import { pagesOf } from '../observability/pages.js';
import { startSummary } from '../observability/start-summary.js';
import { OpenApiModule } from '../openapi/openapi.module.js';

/**
 * Starts the service. A failed start prints its reason in one sentence and ends the process with exit code 1.
 * @param args the command line without program and script
 */
export async function start(args: readonly string[]): Promise<void> {
  let stacks = wantsStacks({});
  const fail = (error: unknown): never => {
    process.stderr.write(`pluggable: ${oneLine(error instanceof Error ? error.message : String(error))}\n`);
    if (stacks) process.stderr.write(`${inspect(error)}\n`);
    process.exit(1);
  };
  const starting = whileStarting(fail);
  try {
    const commandLine = parseFlags(args);
    if ('answer' in commandLine) {
      process.stdout.write(commandLine.answer);
      return;
    }
    stacks = wantsStacks(commandLine.flags);
    const { config, module } = await loadConfig(commandLine);
    stacks = ['debug', 'trace'].includes(config.log.level);

    // Silent until the application is complete, so that an error during the start is reported once, here.
    const tracing = await startTracing(config.environment);
    const { shutdownDelayMs: delayMs, shutdownGraceMs: graceMs, limits, maxAnswersTogether } = config.http;
    const adapter = new DrainingAdapter({ graceMs, limits, maxAnswersTogether });
    if (tracing !== undefined) adapter.runRequestsBy(tracing.runRequest);
    const app = await NestFactory.create<NestExpressApplication>(AppModule.register(module, config), adapter, {
      logger: false,
      abortOnError: false,
      bodyParser: false,
    });
    const log = await serve(app, adapter, config, tracing);
    // In this order, so that a signal always has a listener.
    const onClosed = async (): Promise<void> => await tracing?.shutdown();
    const shutdown = new Shutdown({ app, adapter, log, delayMs, onClosed }).onSignals().onErrors();
    starting.end();
    if (config.process.isRunByNpm) shutdown.onEndOfParent();
  } catch (error) {
    fail(error);
  }
}

async function serve(
  app: NestExpressApplication,
  adapter: DrainingAdapter,
  config: AppConfig,
  tracing: Tracing | undefined,
): Promise<Logger> {
  const { log, pretty } = app.get<AppLog>(APP_LOG);
  const { plugins } = app.get(PluginRegistry);
  const variables = plugins.flatMap((ref) => ref.status().plugin?.variables ?? []);
  for (const unknown of unknownSettings(config.environment, variables)) {
    log.warn(unknown, 'unknown setting; ignored');
  }

  const { host, port, limits } = config.http;
  const logRequest = requestLog({
    log,
    observe: config.metrics.isOn ? app.get(HttpMetrics).observe : undefined,
    fieldsOf: tracing?.fieldsOf,
  });
  for (const listener of [
    identify,
    pretty === undefined ? logRequest : pretty.requests.grouped(logRequest),
    connectionLimits(limits),
    refuseWrongHost,
    refuseUnwantedBody,
    literalEscapes,
  ]) {
    adapter.onArrival(listener);
  }
  if (config.docs.isOn) OpenApiModule.describe(app, config);
  const { connections } = adapter;
  adapter.limitConnections(limits.maxConnections, log);
  answerClientErrors(app.getHttpServer(), { connections, maxHeaderBytes: limits.maxHeaderBytes, log });
  try {
    await (host === '' ? app.listen(port) : app.listen(port, host));
  } catch (error) {
    await app.close();
    throw new Error(cannotListen(config.http, error), { cause: error });
  }
  // Not earlier: Nest would log an error of the start, too.
  app.useLogger(new NestLogger(log));
  const listening = listeningOn(app.getHttpServer().address());
  log.info(listening, 'listening');
  // Other programs wait for this line.
  log.flush();
  if (log.isLevelEnabled('info')) {
    pretty?.print(
      startSummary({
        version: version(),
        nodeVersion: process.versions.node,
        plugins: plugins.map((ref) => ref.status()),
        addr: listening.addr,
        isOnAllInterfaces: listening.interfaces === 'all',
        pages: pagesOf(config),
      }),
    );
  }
  return log;
}

/** The bound address. app.getUrl() of Nest returns loopback when all interfaces are bound. */
function listeningOn(bound: string | AddressInfo | null): { readonly addr: string; readonly interfaces?: 'all' } {
  if (bound === null || typeof bound === 'string') return { addr: String(bound) };
  const { address, family, port } = bound;
  const addr = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  return /^[0:.]+$/.test(address) ? { addr, interfaces: 'all' } : { addr };
}

function cannotListen({ host, port }: AppConfig['http'], error: unknown): string {
  const address = `${host === '' ? 'all interfaces' : `HOST ${host}`}, PORT ${port}`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `cannot listen on ${address}: the port is in use; stop the program that uses it, or choose another port (0 for any free one)`;
    case 'EACCES':
      return `cannot listen on ${address}: this user may not use the port; choose one above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `cannot listen on ${address}: this machine has no such address; choose one of its own, such as 127.0.0.1 or ::1`;
    default:
      return `cannot listen on ${address} (${error instanceof Error ? error.message : String(error)}); correct HOST and PORT`;
  }
}
