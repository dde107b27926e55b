// The load: autocannon, in this process.
import autocannon from 'autocannon';
import { percentile } from '../test/support/percentile.ts';

export interface Load {
  readonly seconds: number;
  readonly connections: number;
  /** Requests a second, all connections together. @default as many as are answered */
  readonly rate?: number;
}

export interface Answered {
  readonly perSecond: number;
  /** The time within which 99 of 100 answers came, in milliseconds. */
  readonly p99Ms: number;
}

/** @throws Error when an answer is anything but 200 */
export async function load(url: string, { seconds, connections, rate }: Load): Promise<Answered> {
  const timesMs: number[] = [];
  const options = { url, connections, duration: seconds, ...(rate !== undefined && { overallRate: rate }) };
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const running = autocannon(options, (error: unknown, done) => (error ? reject(error) : resolve(done)));
    running.on('response', (_client, _status, _bytes, timeMs) => timesMs.push(timeMs));
  });
  const { errors, non2xx } = result;
  if (errors + non2xx > 0) throw new Error(`GET ${url}: ${non2xx} answers were no success, ${errors} requests failed`);
  return { perSecond: timesMs.length / result.duration, p99Ms: percentile(timesMs, 99) };
}
