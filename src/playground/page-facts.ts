// Facts embedded in the page, and the messages of a burst. Only types: the page imports them, too.

/** In the attribute `data-facts` of the body, as JSON. */
export interface PageFacts {
  /** Largest n. */
  readonly maxN: number;
  /** Largest number of requests in a burst. */
  readonly maxBurst: number;
  /** Whether GET /events exists. Without it, the page shows its own requests only. */
  readonly hasEvents: boolean;
  /** Whether the routes under /admin/plugins exist. */
  readonly hasAdmin: boolean;
  /** Further pages, as paths: `/docs`, `/metrics`. */
  readonly links: readonly string[];
}

/** The body of POST /playground/bursts. */
export interface BurstRequest {
  readonly n: number;
  /** Number of requests. */
  readonly count: number;
}

/**
 * The answer of POST /playground/bursts, when all of its requests have ended: their number by outcome. The requests have the id of this
 * one with a number: `id/1`, `id/2` and so on.
 */
export interface BurstResult {
  readonly n: number;
  readonly count: number;
  readonly hits: number;
  /** Answered by a computation that the request started. */
  readonly computed: number;
  /** Answered by a computation that ran already. */
  readonly joined: number;
  /** Refused, because its wait would have been too long. */
  readonly refused: number;
  /** Its computation took longer than COMPUTE_TIMEOUT. */
  readonly timedOut: number;
  readonly durationMs: number;
}
