// A real Prometheus that scrapes a program, and its query API.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { ROOT } from './program.js';

const RULES = `${ROOT}deploy/prometheus`;

/** One series of an answer of the query API. */
export interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Runs promtool in the folder of the rules, and returns what it printed. @throws its output */
export async function promtool(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)('promtool', args, { cwd: RULES });
  return `${stdout}${stderr}`;
}

export class Prometheus implements AsyncDisposable {
  private constructor(
    private readonly url: string,
    private readonly end: () => Promise<void>,
  ) {}

  /** Scrapes the program each second, under the job `pluggable`, with the rules of the repository. */
  static async start(programUrl: string): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'pluggable-prometheus-'));
    const config = join(folder, 'prometheus.yml');
    const target = new URL(programUrl).host;
    await writeFile(
      config,
      JSON.stringify({
        global: { scrape_interval: '1s', evaluation_interval: '1s' },
        rule_files: [`${RULES}/rules.yml`],
        scrape_configs: [{ job_name: 'pluggable', static_configs: [{ targets: [target] }] }],
      }),
    );
    const address = `127.0.0.1:${await freePort()}`;
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ];
    const child = spawn('prometheus', args, { stdio: 'ignore' });
    const ended = once(child, 'exit');
    const prometheus = new Prometheus(`http://${address}`, async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    });
    await eventually('Prometheus', async () => (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok);
    return prometheus;
  }

  /** @throws Error with the message of Prometheus for a wrong query */
  async query(expr: string): Promise<readonly Result[]> {
    const answer = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(expr)}`);
    const { status, error, data } = (await answer.json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
    };
    if (status !== 'success') throw new Error(`${expr}: ${error}`);
    return data.result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
