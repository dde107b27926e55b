// An exception filter that answers uncaught errors of plugins with problem details.
import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Logger, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DomainError, PluginError, type PluginErrorCode } from '@pluggable/host';
import { type Observable, throwError } from 'rxjs';
import { type PluginProblem, PluginProblemException } from './plugin-problem.exception.js';

const UNAVAILABLE = { status: 503, detail: 'a part of the application is not available; try again' };
const TIMED_OUT = {
  status: 504,
  detail: 'a part of the application did not answer in time; its work may have been done',
};
const BAD_ANSWER = { status: 502, detail: 'a part of the application failed' };
/** Nest's own answer to a message whose handler failed. */
const RPC_FAULT = { status: 'error', message: 'Internal server error' };
const INTERNAL_ERROR = { status: 500, detail: 'the request failed; see the log of the server' };

/** Value of `Retry-After`, in seconds: the pause of a circuit breaker. */
const RETRY_AFTER_S = 1;

/** The exceptions that {@link PluginProblemFilter} handles. */
export type CaughtPluginError = PluginError | PluginProblemException | DomainError;

/**
 * Answers a PluginError of a controller with problem details (RFC 9457), on Express and Fastify: 503 with `Retry-After` if the
 * plugin is down, closed, overloaded or behind an open circuit breaker; 504 if a call timed out; 502 if the plugin failed or gave a
 * wrong answer; else 500. The response contains the code; paths and reasons are only logged. Microservice messages get Nest's own
 * error, and errors of GraphQL resolvers are rethrown. Not for WebSocket gateways.
 *
 * @example { provide: APP_FILTER, useClass: PluginProblemFilter }
 * @example `@UseFilters(PluginProblemFilter)` on a controller
 */
@Catch(PluginError, PluginProblemException)
export class PluginProblemFilter implements ExceptionFilter<CaughtPluginError> {
  /** HTTP statuses by code of the domain error. Set by {@link PluginProblemFilter.with}. */
  protected readonly statuses: Readonly<Record<string, number>> = {};
  private readonly log = new Logger('PluginProblemFilter');

  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  /**
   * Creates a filter class that also answers domain errors, with their message and code. A code without a status is answered
   * with 500.
   * @param statuses HTTP statuses by code of the domain error
   * @example { provide: APP_FILTER, useClass: PluginProblemFilter.with({ INVALID_ADDRESS: 400 }) }
   */
  static with(statuses: Readonly<Record<string, number>>): Type<PluginProblemFilter> {
    @Catch(PluginError, PluginProblemException, DomainError)
    class DomainProblemFilter extends PluginProblemFilter {
      protected override readonly statuses = statuses;
    }
    return DomainProblemFilter;
  }

  /** Called by Nest. */
  catch(error: CaughtPluginError, context: ArgumentsHost): void | Observable<never> {
    if (context.getType() === 'rpc') return throwError(() => RPC_FAULT);
    if (context.getType() !== 'http') throw error;
    const exception = error instanceof PluginProblemException ? error : this.problemOf(error);
    const { httpAdapter } = this.host;
    const response: unknown = context.switchToHttp().getResponse();
    const { status } = exception.problem;
    // The response has already started, for example as a stream.
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
    if (error.cause instanceof Error) this.log.debug(error.cause.stack);
    const answer = error instanceof DomainError ? INTERNAL_ERROR : problemFor(error.code);
    return new PluginProblemException({ ...answer, code }, { cause: error });
  }
}

function problemFor(code: PluginErrorCode): PluginProblem {
  switch (code) {
    case 'PLUGIN_BREAKER_OPEN':
    case 'PLUGIN_OVERLOADED':
    case 'PLUGIN_DOWN':
    case 'PLUGIN_CLOSED':
      return UNAVAILABLE;
    case 'PLUGIN_CALL_TIMEOUT':
      return TIMED_OUT;
    case 'PLUGIN_CALL_FAILED':
    case 'PLUGIN_WRONG_ANSWER':
    case 'PLUGIN_ENDED':
    case 'PLUGIN_BLOCKED':
    case 'PLUGIN_MISBEHAVED':
      return BAD_ANSWER;
    default:
      return INTERNAL_ERROR;
  }
}
