// Answers uncaught errors of plugins with problem details.
import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Logger, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DomainError, PluginError, type PluginErrorCode } from '@pluggable/host';
import { type Observable, throwError } from 'rxjs';
import { type PluginProblem, PluginProblemException } from './plugin-problem.exception.js';

const UNAVAILABLE = { status: 503, detail: 'a part of the application is not available; try again' };
const LATE = { status: 504, detail: 'a part of the application did not answer in time; its work may have been done' };
const BAD = { status: 502, detail: 'a part of the application failed' };
/** Nest's own answer to a message whose handler failed. */
const RPC_FAULT = { status: 'error', message: 'Internal server error' };
const OWN_FAULT = { status: 500, detail: 'the request failed; the log says why' };

/** How long a client waits after 503, in seconds: a breaker tries again as soon. */
const RETRY_AFTER_S = 1;

type Caught = PluginError | PluginProblemException | DomainError;

/**
 * Answers a PluginError of a controller with problem details (RFC 9457), on Express and Fastify: 503 with `Retry-After` when the
 * plugin is down, closed, overloaded or behind an open breaker, 504 when it was late, 502 when it failed or answered wrongly, else
 * 500. The code is told; paths and reasons are only logged. A message of a microservice is answered as Nest does, and an error of
 * a GraphQL resolver goes on. Not for WebSocket gateways.
 *
 * @example { provide: APP_FILTER, useClass: PluginProblemFilter }
 * @example `@UseFilters(PluginProblemFilter)` on a controller
 */
@Catch(PluginError, PluginProblemException)
export class PluginProblemFilter implements ExceptionFilter<Caught> {
  protected readonly statuses: Readonly<Record<string, number>> = {};
  private readonly log = new Logger('PluginProblemFilter');

  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  /**
   * The filter that answers domain errors, too: with their message and code. A code that is not named is 500.
   * @param statuses HTTP statuses by the codes of domain errors
   * @example { provide: APP_FILTER, useClass: PluginProblemFilter.with({ INVALID_ADDRESS: 400 }) }
   */
  static with(statuses: Readonly<Record<string, number>>): Type<PluginProblemFilter> {
    @Catch(PluginError, PluginProblemException, DomainError)
    class DomainProblemFilter extends PluginProblemFilter {
      protected override readonly statuses = statuses;
    }
    return DomainProblemFilter;
  }

  catch(error: Caught, context: ArgumentsHost): void | Observable<never> {
    if (context.getType() === 'rpc') return throwError(() => RPC_FAULT);
    if (context.getType() !== 'http') throw error;
    const exception = error instanceof PluginProblemException ? error : this.problemOf(error);
    const { httpAdapter } = this.host;
    const response: unknown = context.switchToHttp().getResponse();
    const { status } = exception.problem;
    // The answer has begun, for example as a stream: it can only be ended.
    if (httpAdapter.isHeadersSent(response)) return void httpAdapter.end(response);
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json; charset=utf-8');
    if (status === 503) httpAdapter.setHeader(response, 'Retry-After', String(RETRY_AFTER_S));
    httpAdapter.reply(response, JSON.stringify(exception.getResponse()), status);
  }

  private problemOf(error: PluginError | DomainError): PluginProblemException {
    const { code = '', message } = error;
    const status = error instanceof DomainError && Object.hasOwn(this.statuses, code) ? this.statuses[code] : undefined;
    if (status !== undefined) return new PluginProblemException({ status, detail: message, code }, { cause: error });
    this.log.warn(`${code}: ${message}`);
    // The stack of the plugin's error.
    if (error.cause instanceof Error) this.log.debug(error.cause.stack);
    const answer = error instanceof DomainError ? OWN_FAULT : answerTo(error.code);
    return new PluginProblemException({ ...answer, code }, { cause: error });
  }
}

function answerTo(code: PluginErrorCode): PluginProblem {
  switch (code) {
    case 'PLUGIN_BREAKER_OPEN':
    case 'PLUGIN_OVERLOADED':
    case 'PLUGIN_DOWN':
    case 'PLUGIN_CLOSED':
      return UNAVAILABLE;
    case 'PLUGIN_CALL_TIMEOUT':
      return LATE;
    case 'PLUGIN_CALL_FAILED':
    case 'PLUGIN_WRONG_ANSWER':
    case 'PLUGIN_ENDED':
    case 'PLUGIN_BLOCKED':
    case 'PLUGIN_MISBEHAVED':
      return BAD;
    default:
      return OWN_FAULT;
  }
}
