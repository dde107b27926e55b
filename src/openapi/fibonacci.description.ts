// The description of GET /fib/:n.
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { AppConfig } from '../config/config.js';
import { FibonacciController } from '../fibonacci/fibonacci.controller.js';
import { headerRefs, ref } from './components.js';
import { describe } from './describe.js';
import { ApiProblem } from './problems.js';
import { object } from './schemas.js';

export function describeFibonacci({ compute, fibonacci: { maxN } }: AppConfig) {
  const example = Math.min(45, maxN);
  describe(FibonacciController, [ApiTags('Fibonacci')], {
    fibonacci: [
      ApiOperation({
        summary: 'A Fibonacci number',
        description:
          'Computed by a slow recursion, and cached. Requests for one n at the same time share one computation. It ends with its last client.',
      }),
      ApiParam({
        name: 'n',
        description: 'In canonical form: without sign, leading zeros or exponent.',
        schema: { type: 'integer', minimum: 0, maximum: maxN },
        example,
      }),
      ApiOkResponse({
        description: 'The number, from the cache or computed.',
        headers: headerRefs('Cache-Status', 'Server-Timing'),
        content: { 'application/json': { schema: ref('schemas', 'Fibonacci'), example: { result: 1_134_903_170 } } },
      }),
      ApiProblem({
        status: 400,
        when: `n is not a whole number from 0 to ${maxN} in canonical form, or the request is not HTTP`,
        detail: `n must be a whole number from 0 to ${maxN}, written without sign, leading zeros or exponent`,
        error: 'invalid value',
      }),
      ApiProblem({
        status: 503,
        when: `the estimated wait for a worker exceeds ${compute.maxWaitMs} ms; without \`Retry-After\` if the service shuts down`,
        detail: `computing fib(${example}) was refused`,
        error: 'overloaded',
        retryAfterMs: 2_000,
      }),
      ApiProblem({
        status: 504,
        when: `the computation exceeds ${compute.timeoutMs} ms`,
        detail: `computing fib(${example}) took longer than ${compute.timeoutMs} ms`,
        error: 'timed out',
      }),
    ],
  });
  return { Fibonacci: object({ result: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } }) };
}
