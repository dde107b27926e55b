// A real HAProxy with the configuration of deploy/haproxy in front of replicas, on free ports.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { type Scrape, scrape } from './metrics.ts';

export const CONFIG = fileURLToPath(new URL('../../deploy/haproxy/haproxy.cfg', import.meta.url));

/** Checks the configuration, and returns the output. @throws its output for an error or a warning */
export async function checkHaproxy(variables: Readonly<Record<string, string>> = {}): Promise<string> {
  const env = { ...process.env, ...variables };
  const { stdout, stderr } = await promisify(execFile)('haproxy', ['-c', '-dW', '-f', CONFIG], { env });
  return `${stdout}${stderr}`.trim();
}

/** @param replicas the ports of three replicas */
export async function startHaproxy(replicas: readonly number[]): Promise<Haproxy> {
  const [listen, metrics] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const addresses = replicas.map((port, index) => [`REPLICA_${index + 1}`, `127.0.0.1:${port}`]);
  const child = spawn('haproxy', ['-db', '-f', CONFIG], {
    env: { ...process.env, LISTEN_ADDRESS: listen, METRICS_ADDRESS: metrics, ...Object.fromEntries(addresses) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const haproxy = new Haproxy(child, `http://${listen}`, `http://${metrics}`);
  try {
    await haproxy.started();
    return haproxy;
  } catch (error) {
    await haproxy[Symbol.asyncDispose]();
    throw error;
  }
}

export class Haproxy implements AsyncDisposable {
  readonly url: string;
  /** Its log so far. */
  text = '';
  private readonly metricsUrl: string;
  private readonly child: ChildProcess;
  private readonly exit: Promise<unknown>;

  // Written out, because the drills run this file with type stripping only.
  constructor(child: ChildProcess, url: string, metricsUrl: string) {
    this.child = child;
    this.url = url;
    this.metricsUrl = metricsUrl;
    // A program that is missing has an error and no exit.
    this.exit = Promise.race([once(child, 'exit'), once(child, 'error').catch(() => {})]);
    for (const output of [child.stdout, child.stderr]) {
      output?.setEncoding('utf8').on('data', (text: string) => (this.text += text));
    }
  }

  /** Waits until all replicas are up. */
  async started(): Promise<void> {
    let error: string | undefined;
    void this.exit.then(() => (error = `HAProxy ended: ${this.text}`));
    this.child.once('error', ({ message }) => (error = message));
    await eventually('HAProxy with all replicas', async () => {
      if (error !== undefined) throw new Error(error);
      return (await this.up().catch(() => [])).length === 3;
    });
  }

  async scrape(): Promise<Scrape> {
    return await scrape(this.metricsUrl);
  }

  /** The names of the replicas that are up. */
  async up(): Promise<string[]> {
    const series = /^haproxy_server_status\{proxy="replicas",server="([^"]+)",state="UP"\}$/;
    const scraped = [...(await this.scrape())].filter(([, value]) => value === 1);
    return scraped.flatMap(([name]) => series.exec(name)?.[1] ?? []);
  }

  /** Waits until this number of replicas is up. */
  async hasUp(count: number): Promise<void> {
    await eventually(`${count} replicas that are up`, async () => (await this.up()).length === count);
  }

  /** The status of its own check. */
  async health(): Promise<number> {
    return (await fetch(`${this.metricsUrl}/health`)).status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }
}
