// The reason why there are no live events: an EventSource does not tell the status of an answer.

/** Time for the answer, in milliseconds. */
const ANSWER_MS = 2_000;
/** Longest delay that an answer can ask for, in milliseconds. */
const LONGEST_DELAY_MS = 60_000;

export interface Failure {
  readonly state: 'reconnecting' | 'ended' | 'too-many-viewers' | 'off';
  /** Time after which to connect again, if the service tells one, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** Requests the events once, and leaves when the status is known: an accepted request is a client of the events. Never rejects. */
export async function reasonOfFailure(url: string): Promise<Failure> {
  const abort = new AbortController();
  try {
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(ANSWER_MS)]);
    const response = await fetch(url, { signal, cache: 'no-store', headers: { Accept: 'text/event-stream' } });
    if (response.ok) return { state: 'reconnecting' };
    if (response.status === 404) return { state: 'off' };
    const problem: unknown = await response.json();
    return isTooManyClients(problem) ? { state: 'too-many-viewers', ...retryAfter(response) } : { state: 'ended' };
  } catch {
    return { state: 'ended' };
  } finally {
    abort.abort();
  }
}

/** The member `error` of problem details tells problems of one status apart. */
function isTooManyClients(problem: unknown): boolean {
  return typeof problem === 'object' && problem !== null && 'error' in problem && problem.error === 'too many clients';
}

function retryAfter({ headers }: Response): Pick<Failure, 'retryAfterMs'> {
  const seconds = Number(headers.get('Retry-After'));
  return seconds > 0 ? { retryAfterMs: Math.min(seconds * 1_000, LONGEST_DELAY_MS) } : {};
}
