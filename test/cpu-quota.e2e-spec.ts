// The default number of workers in a real cgroup with a CPU quota.
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { eventually } from './support/eventually.js';
import { scrape } from './support/metrics.js';
import { type Program, type ProgramOptions, startProgram } from './support/program.js';

const PERIOD_US = 100_000;

/** A new cgroup of version 1 with a CPU quota. */
class QuotaGroup implements AsyncDisposable {
  private constructor(private readonly folder: string) {}

  /** Skips the test where the user cannot make a group below that of the tests. */
  static async make({ skip }: TestContext, cpus: number): Promise<QuotaGroup> {
    const groups = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
    const [, controllers, own] = /^\d+:((?:[^:]+,)?cpu(?:,[^:]+)?):(\/.*)$/m.exec(groups) ?? [];
    if (own === undefined) skip('found no cgroup of version 1 with the controller cpu');
    const parent = new QuotaGroup(`/sys/fs/cgroup/${controllers}${own}`);
    return await parent.child(cpus).catch((error: unknown) => skip(`cannot make a cgroup: ${String(error)}`));
  }

  /** A group below this one. */
  async child(cpus?: number): Promise<QuotaGroup> {
    const child = new QuotaGroup(`${this.folder}/pluggable-${process.pid}`);
    await mkdir(child.folder);
    try {
      if (cpus !== undefined) await writeFile(`${child.folder}/cpu.cfs_quota_us`, String(cpus * PERIOD_US));
      return child;
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }

  async start(options: ProgramOptions = {}): Promise<Program> {
    const enter = ['-c', 'echo $$ > "$0" && exec "$@"', `${this.folder}/cgroup.procs`, process.execPath];
    return await startProgram({ ...options, node: 'sh', nodeArgs: enter });
  }

  /** A group is busy until the kernel has removed its last process. */
  async [Symbol.asyncDispose](): Promise<void> {
    const isRemoved = async (): Promise<boolean> =>
      await rmdir(this.folder).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EBUSY') throw error;
          return false;
        },
      );
    await eventually('the end of the cgroup', isRemoved);
  }
}

async function workersOf(program: Program): Promise<number | undefined> {
  return (await scrape(program.url)).get('pluggable_compute_workers');
}

describe('in a cgroup with a CPU quota, the default number of workers', () => {
  it.for([
    [1, 1],
    [0.5, 1],
  ] as const)('for a quota of %d is %d', async ([cpus, workers], context) => {
    await using group = await QuotaGroup.make(context, cpus);
    await using program = await group.start();

    expect(await workersOf(program)).toBe(workers);
  });

  it('is that of the parent group', async (context) => {
    await using parent = await QuotaGroup.make(context, 1);
    await using group = await parent.child();
    await using program = await group.start();

    expect(await workersOf(program)).toBe(1);
  });

  it('gives way to COMPUTE_WORKERS', async (context) => {
    await using group = await QuotaGroup.make(context, 1);
    await using program = await group.start({ env: { COMPUTE_WORKERS: '3' } });

    expect(await workersOf(program)).toBe(3);
  });
});
