// The load generator: wrk, a native program. One in JavaScript would be as slow as the measured server.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface Load {
  readonly seconds: number;
  /** Each connection sends the next request as soon as it has its answer. */
  readonly connections: number;
}

export interface Answered {
  readonly requests: number;
  readonly perSecond: number;
  /** The median and the 99th percentile of the latency, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Report extends Answered {
  /** Unsuccessful answers, broken connections and missing answers. */
  readonly failures: number;
}

const REPORT = fileURLToPath(new URL('report.lua', import.meta.url));
const run = promisify(execFile);

/** @throws Error on any unsuccessful answer */
export async function load(url: string, { seconds, connections }: Load): Promise<Answered> {
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', REPORT, url]);
  const report = JSON.parse(stdout.slice(stdout.lastIndexOf('{'))) as Report;
  if (report.failures > 0) throw new Error(`GET ${url}: ${report.failures} requests failed or were refused`);
  return report;
}
