// The description of GET /health/live and /health/ready.
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthController } from '../health/health.controller.js';
import { ref } from './components.js';
import { describe } from './describe.js';
import { ApiProblem } from './problems.js';
import { CODE_OR_NULL, COUNTS, DATE, ISOLATION, NUMBER, object, oneOf, TEXT, TEXT_OR_NULL, TEXTS } from './schemas.js';

const COMPUTE = { workers: 2, busy: 0, queued: 0, flights: 0, status: 'up' };
const HTTP = { requests: 1, connections: 1, status: 'up' };
const CACHE = {
  lookups: { hit: 3, 'not-found': 1, expired: 0, corrupt: 0, skipped: 0, error: 0, timeout: 0, open: 0 },
  writes: { stored: 1, skipped: 0, error: 0, timeout: 0, open: 0 },
  state: 'live',
  name: 'example-cache',
  version: '0.1.0',
  isolation: 'inline',
  since: '2026-11-28T12:00:00.000Z',
  restarts: 0,
  openBreakers: [],
  error: null,
  status: 'up',
};
const DETAILS = { cache: CACHE, compute: COMPUTE, http: HTTP };

export function describeHealth() {
  describe(HealthController, [ApiTags('Health')], {
    live: [
      ApiOperation({ summary: 'Liveness', description: 'Independent of all other parts, also during a shutdown.' }),
      ApiOkResponse({
        description: 'The process answers.',
        content: { 'application/json': { schema: ref('schemas', 'Liveness'), example: { status: 'ok' } } },
      }),
    ],
    ready: [
      ApiOperation({
        summary: 'Readiness',
        description: 'The state of the cache, and the load. It has no paths and no settings.',
      }),
      ApiOkResponse({
        description: 'The application takes requests. The cache can be degraded.',
        content: {
          'application/json': {
            schema: ref('schemas', 'Readiness'),
            example: { status: 'ok', info: DETAILS, error: {}, details: DETAILS },
          },
        },
      }),
      ApiProblem({
        status: 503,
        when: 'the application shuts down, or it cannot accept connections',
        detail: 'http: the service is shutting down',
        error: 'not ready',
      }),
    ],
  });
  const details = object({
    cache: ref('schemas', 'CacheHealth'),
    compute: ref('schemas', 'ComputeHealth'),
    http: ref('schemas', 'HttpHealth'),
  });
  const status = oneOf('up');
  return {
    Liveness: object({ status: oneOf('ok') }),
    Readiness: object({ status: oneOf('ok', 'degraded'), info: { type: 'object' }, error: object({}), details }),
    CacheHealth: object(
      {
        status: oneOf('up', 'degraded'),
        state: ref('schemas', 'PluginState'),
        lookups: COUNTS,
        writes: COUNTS,
        name: TEXT,
        version: TEXT_OR_NULL,
        isolation: ISOLATION,
        since: DATE,
        restarts: NUMBER,
        openBreakers: TEXTS,
        error: CODE_OR_NULL,
      },
      ['name', 'version', 'isolation', 'since', 'restarts', 'openBreakers', 'error'],
    ),
    ComputeHealth: object({ status, workers: NUMBER, busy: NUMBER, queued: NUMBER, flights: NUMBER }),
    HttpHealth: object({ status, requests: NUMBER, connections: NUMBER }),
    PluginState: oneOf('live', 'degraded', 'restarting', 'draining', 'closed', 'unopened', 'none', 'failed'),
  };
}
