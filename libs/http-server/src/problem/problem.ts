// The shape of every error answer: RFC 9457 problem details, with the `error` field of the original.
import { type ServerResponse, STATUS_CODES } from 'node:http';
import { SECURITY_HEADERS } from './security-headers.js';

export interface Problem {
  readonly status: number;
  /** One sentence for the client: no stack, no path of this machine. */
  readonly detail: string;
  /** Short and stable, as in the original. @default the title in lower case */
  readonly error?: string;
  readonly code?: string | undefined;
  /** Time until a retry is worthwhile, in milliseconds. Sent as Retry-After in whole seconds. */
  readonly retryAfterMs?: number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The header that ends a connection, for a problem after which no request is read. */
export const LAST = { Connection: 'close' };

const CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** The members of problem details (RFC 9457), in the order of the answer. */
export interface ProblemDetails {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly error: string;
  readonly code: string | undefined;
}

/** The body of the answer to a problem. */
export function problemDetails(problem: Problem): ProblemDetails {
  const { status, detail, code } = problem;
  const title = titleOf(problem);
  return { type: 'about:blank', title, status, detail, error: problem.error ?? title.toLowerCase(), code };
}

/** Sends the problem as the whole answer. The response must not have begun. */
export function writeProblem(response: ServerResponse, problem: Problem): void {
  response.end(beginProblem(response, problem));
}

/** Sets status and headers and returns the body, for an answer that does not end at once. Replaces the headers of a route. */
export function beginProblem(response: ServerResponse, problem: Problem): string {
  const body = bodyOf(problem);
  response.statusCode = problem.status;
  for (const [name, value] of [...SECURITY_HEADERS, ...Object.entries(headersOf(problem))]) {
    response.setHeader(name, value);
  }
  response.setHeader('Content-Type', CONTENT_TYPE);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  return body;
}

/** The same as bytes, for a socket without a response. It is the last answer on the connection. */
export function problemBytes(problem: Problem): Buffer {
  const body = bodyOf(problem);
  const headers = [
    ...Object.entries({ ...headersOf(problem), ...LAST }),
    ...SECURITY_HEADERS,
    ['Date', new Date().toUTCString()],
    ['Content-Type', CONTENT_TYPE],
    ['Content-Length', String(Buffer.byteLength(body))],
  ];
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${problem.status} ${titleOf(problem)}\r\n${lines.join('')}\r\n${body}`);
}

function headersOf({ headers, retryAfterMs }: Problem): Readonly<Record<string, string>> {
  if (retryAfterMs === undefined) return headers ?? {};
  return { ...headers, 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) };
}

function bodyOf(problem: Problem): string {
  return JSON.stringify(problemDetails(problem));
}

function titleOf({ status }: Problem): string {
  return STATUS_CODES[status] ?? 'Error';
}
