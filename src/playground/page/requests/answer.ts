// What an answer of the service says about itself.

/** How a request was answered. */
export type HowAnswered = 'cache' | 'computed' | 'joined';

/** Reads the header Cache-Status (RFC 9211). */
export function howAnswered(cacheStatus: string | null): HowAnswered {
  const parameters = (cacheStatus ?? '').split(';').map((parameter) => parameter.trim());
  if (parameters.includes('hit')) return 'cache';
  return parameters.includes('collapsed') ? 'joined' : 'computed';
}

/** Reads the duration of a part from the header Server-Timing, in milliseconds. */
export function timingOf(serverTiming: string | null, name: string): number | undefined {
  for (const part of (serverTiming ?? '').split(',')) {
    const [partName, ...parameters] = part.split(';').map((text) => text.trim());
    const duration = parameters.find((parameter) => parameter.startsWith('dur='));
    if (partName === name && duration !== undefined) return Number(duration.slice('dur='.length));
  }
  return undefined;
}

/** The sentence of problem details (RFC 9457); without one, the status. */
export async function problemText(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : undefined;
  const text = typeof detail === 'string' ? detail : `the service answered with status ${response.status}`;
  const retryAfter = response.headers.get('Retry-After');
  return retryAfter === null ? text : `${text}; try again in ${retryAfter} s`;
}

/** What went wrong with a request without a usable answer. `fetch` reports each failure of the network as a TypeError. */
export function errorText(error: unknown): string {
  if (error instanceof TypeError) return 'the service does not answer';
  if (error instanceof Error && error.name === 'TimeoutError') return 'the service has not answered in time';
  return error instanceof Error ? error.message : String(error);
}
