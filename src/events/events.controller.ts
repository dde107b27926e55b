// The route GET /events: server-sent events.
import { Controller, type MessageEvent, Req, Sse } from '@nestjs/common';
import { type Problem, ProblemException } from '@pluggable/http-server';
import type { Request } from 'express';
import { catchError, EMPTY, type Observable } from 'rxjs';
import { NoPlace } from './client-places.js';
import { LiveEvents } from './live-events.js';

/** Characters that wait for a client that does not read. Then its connection is cut; the page connects again. */
const MAX_PENDING_CHARS = 256 * 1_024;
const REFUSALS: Readonly<Record<NoPlace['reason'], Problem>> = {
  full: {
    status: 503,
    error: 'too many clients',
    detail: 'as many clients as EVENTS_MAX_CLIENTS allows read the events',
    retryAfterMs: 10_000,
  },
  closed: { status: 503, error: 'shutting down', detail: 'the service is shutting down' },
};
const NOT_FIRST: Problem = {
  status: 429,
  detail: 'an earlier answer on this connection has not ended; read the events on another connection',
};

@Controller('events')
export class EventsController {
  constructor(private readonly events: LiveEvents) {}

  @Sse('/', { maxPendingDataLength: MAX_PENDING_CHARS })
  stream(@Req() { method, res }: Request): Observable<MessageEvent> {
    // Express answers HEAD by the route of GET, and it must end.
    if (method === 'HEAD') return EMPTY;
    // It could not begin, and would take a place.
    if (res?.socket === null) throw new ProblemException(NOT_FIRST);
    return this.events.open().pipe(
      catchError((error: unknown) => {
        throw error instanceof NoPlace ? new ProblemException(REFUSALS[error.reason]) : error;
      }),
    );
  }
}
