// The answers that every route can give, from the server before or around a handler.
import type { AppConfig } from '../config/config.js';
import type { DescribedProblem } from './problems.js';

export function everyAnswer({ http: { limits } }: AppConfig): readonly DescribedProblem[] {
  return [
    {
      status: 400,
      when: 'the request is not HTTP, or `Host` is missing, wrong or repeated',
      detail: 'the Host header is missing',
    },
    {
      status: 408,
      when: 'the request does not arrive in time',
      detail: 'the request did not arrive in time',
    },
    {
      status: 413,
      when: 'the request has a body that no route takes, or its chunk extensions are too large',
      detail: 'GET takes no body here',
    },
    {
      status: 417,
      when: 'the request has the header `Expect` with another value than `100-continue`',
      detail: 'the only supported expectation is 100-continue',
    },
    {
      status: 429,
      when: `more than ${limits.maxInFlight} requests of one connection wait for their answers`,
      detail: `more than ${limits.maxInFlight} requests wait for their answers on this connection`,
    },
    {
      status: 431,
      when: `the headers are larger than ${limits.maxHeaderBytes} bytes`,
      detail: `the headers are larger than ${limits.maxHeaderBytes} bytes`,
    },
    {
      status: 500,
      when: 'an unexpected error; the log has the reason',
      detail: 'the request failed; the log says why',
    },
    {
      status: 503,
      when: 'the service shuts down, and the grace time is over',
      detail: 'the service is shutting down, and the grace time is over',
      error: 'shutting down',
    },
  ];
}
