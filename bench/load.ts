// The load: wrk, a program of its own. One in JavaScript would be as slow as what is measured.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface Load {
  readonly seconds: number;
  /** Each asks again as soon as it has its answer. */
  readonly connections: number;
}

export interface Answered {
  readonly perSecond: number;
  /** The times within which half of the answers and 99 of 100 came, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Report extends Answered {
  /** Answers that were no success, connections that broke, answers that did not come. */
  readonly failures: number;
}

const REPORT = fileURLToPath(new URL('report.lua', import.meta.url));
const run = promisify(execFile);

/** @throws Error when an answer is anything but a success */
export async function load(url: string, { seconds, connections }: Load): Promise<Answered> {
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', REPORT, url]);
  const report = JSON.parse(stdout.slice(stdout.lastIndexOf('{'))) as Report;
  if (report.failures > 0) throw new Error(`GET ${url}: ${report.failures} requests failed or were refused`);
  return report;
}
