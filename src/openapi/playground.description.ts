// The description of the page at /, of its files, and of POST /playground/bursts.
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { AppConfig } from '../config/config.js';
import { BurstsController } from '../playground/bursts.controller.js';
import { PageController } from '../playground/page.controller.js';
import { MAX_BURST } from '../playground/playground.options.js';
import { ref } from './components.js';
import { describe } from './describe.js';
import { ApiProblem } from './problems.js';
import { NUMBER, object, TEXT } from './schemas.js';

export function describePlayground({ fibonacci: { maxN } }: AppConfig) {
  const n = Math.min(40, maxN);
  const burst = { n, count: 100 };
  describe(PageController, [ApiTags('Playground')], {
    page: [
      ApiOperation({ summary: 'A page that asks for numbers and shows live what the service does' }),
      ApiOkResponse({ description: 'The page.', content: { 'text/html': { schema: TEXT } } }),
    ],
    file: [
      ApiOperation({ summary: 'A file of the page' }),
      ApiOkResponse({
        description: 'The file.',
        content: {
          'text/javascript': { schema: TEXT },
          'text/css': { schema: TEXT },
          'image/svg+xml': { schema: TEXT },
        },
      }),
    ],
  });
  describe(BurstsController, [ApiTags('Playground')], {
    burst: [
      ApiOperation({
        summary: 'Many equal requests at the same time',
        description: 'Answers when all of them have ended. If the client leaves, they are cancelled.',
      }),
      ApiBody({ required: true, schema: ref('schemas', 'BurstRequest'), examples: { burst: { value: burst } } }),
      ApiOkResponse({
        description: 'The number of requests by outcome.',
        content: {
          'application/json': {
            schema: ref('schemas', 'BurstResult'),
            example: { ...burst, hits: 0, computed: 1, joined: 99, refused: 0, timedOut: 0, durationMs: 420 },
          },
        },
      }),
      ApiProblem({
        status: 400,
        when: 'the body is not a JSON object with `n` and `count`, or has an unknown member; `detail` lists all problems',
        detail: `count: wanted a whole number from 1 to ${MAX_BURST}`,
        error: 'invalid value',
      }),
      ApiProblem({ status: 413, when: 'the body is larger than 16 KiB', detail: 'request entity too large' }),
      ApiProblem({
        status: 415,
        when: 'the encoding or the character set of the body is unknown',
        detail: 'unsupported content encoding "nonsense"',
      }),
      ApiProblem({
        status: 429,
        when: 'another burst runs, or one began within a second, or too many requests of one connection wait for their answers',
        detail: 'one burst runs at a time, and at most one begins in a second',
        error: 'too many bursts',
        retryAfterMs: 1_000,
      }),
    ],
  });
  return {
    BurstRequest: object({ n: { ...NUMBER, maximum: maxN }, count: { ...NUMBER, minimum: 1, maximum: MAX_BURST } }),
    BurstResult: object({
      n: { ...NUMBER, maximum: maxN },
      count: NUMBER,
      hits: NUMBER,
      computed: NUMBER,
      joined: NUMBER,
      refused: NUMBER,
      timedOut: NUMBER,
      durationMs: NUMBER,
    }),
  };
}
