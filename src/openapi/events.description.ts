// The description of GET /events.
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { AppConfig } from '../config/config.js';
import { EventsController } from '../events/events.controller.js';
import { describe } from './describe.js';
import { ApiProblem } from './problems.js';
import { TEXT } from './schemas.js';

const EXAMPLE = `event: requests
id: 2
data: {"nowMs":1790000000100,"steps":[{"step":"hit","id":"q1kH-6","n":40,"atMs":1790000000042,"durationMs":0.2}]}

`;

export function describeEvents({ events: { maxClients } }: AppConfig) {
  describe(EventsController, [ApiTags('Playground')], {
    stream: [
      ApiOperation({
        summary: 'What requests and plugins do, live',
        description:
          'Server-sent events with JSON: `state` at first and each second, `requests` at most ten times a second, `plugin`. A shutdown ends the stream.',
      }),
      ApiOkResponse({
        description: 'The stream of events.',
        content: { 'text/event-stream': { schema: TEXT, example: EXAMPLE } },
      }),
      ApiProblem({
        status: 503,
        when: `${maxClients} clients read the events already; without \`Retry-After\` if the service shuts down`,
        detail: 'as many clients as EVENTS_MAX_CLIENTS allows read the events',
        error: 'too many clients',
        retryAfterMs: 10_000,
      }),
    ],
  });
  return {};
}
