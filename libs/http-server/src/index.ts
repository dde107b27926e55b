// The HTTP server: Express for Nest with connection tracking, graceful close, refusals, and one shape of errors.
export { Answer } from './answer/answer.js';
export { connectionLimits } from './connection/connection-limits.js';
export type { ConnectionLimits } from './connection/connection-limits.js';
export { DrainingAdapter } from './draining-adapter.js';
export type { DrainingAdapterOptions, RequestRunner } from './draining-adapter.js';
export { answerClientErrors } from './error/client-errors.js';
export { ProblemFilter } from './error/problem.filter.js';
export type { HttpServerLimits } from './http-server.js';
export { problemDetails } from './problem/problem.js';
export type { Problem, ProblemDetails } from './problem/problem.js';
export { ProblemException } from './problem/problem.exception.js';
export { ClientGone, clientGone } from './request/client-gone.js';
export { refuseWrongHost } from './request/host-header.js';
export { literalEscapes } from './request/literal-escapes.js';
export { requestLog } from './request/request-log.js';
export { identify } from './request/request-id.js';
export type { RequestLogOptions, RequestObserver } from './request/request-log.js';
export { refuseUnwantedBody } from './request/unwanted-body.js';
