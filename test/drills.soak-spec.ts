// npm run drill: each drill prints what an operator sees of its outage, and leaves no process behind.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.js';
import { ROOT } from './support/program.js';

/** A drill takes up to half a minute. */
const LIMIT_MS = 120_000;
/** Less than the patience of a wait that is given up. */
const AT_ONCE_MS = 15_000;
const DRILL = 'test/drills/drill.ts';

/** A drill in its own process group, so that all processes that it starts can be found. */
class Drill implements AsyncDisposable {
  output = '';
  errors = '';
  private readonly child: ChildProcess;
  private readonly exit: Promise<unknown>;
  private readonly close: Promise<unknown>;

  constructor(args: readonly string[], root = ROOT, env: NodeJS.ProcessEnv = process.env) {
    this.child = spawn(process.execPath, [join(root, DRILL), ...args], { detached: true, env });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.exit = once(this.child, 'exit');
    this.close = once(this.child, 'close');
  }

  async ended(): Promise<{ code: number | null; output: string; errors: string }> {
    const late = delay(LIMIT_MS, undefined, { ref: false }).then(() => {
      throw new Error(`the drill did not end within ${LIMIT_MS} ms: ${this.output}`);
    });
    await Promise.race([this.exit, late]);
    // Processes that it has left behind can keep its output open.
    if (this.leftBehind() === '') await this.close;
    return { code: this.child.exitCode, output: this.output, errors: this.errors };
  }

  /** To the drill only, or also to the processes that it has started, as a terminal does. */
  interrupt(signal: NodeJS.Signals, to: 'drill' | 'all'): void {
    const { pid = Number.NaN } = this.child;
    process.kill(to === 'all' ? -pid : pid, signal);
  }

  leftBehind(): string {
    return spawnSync('pgrep', ['-a', '-g', String(this.child.pid)], { encoding: 'utf8' }).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const line of this.leftBehind().split('\n').filter(Boolean))
      process.kill(Number.parseInt(line, 10), 'SIGKILL');
    await this.exit;
  }
}

const escaped = (text: string): string => text.replaceAll(/[{}[\]()|.*+?^$\\]/g, String.raw`\$&`);
/** A line of the log: time, name of the replica, level, message. */
const logs = (level: string, message: string, replica = ''): RegExp =>
  new RegExp(`^ *[+-]\\d+\\.\\d s  ${replica}${level} +${escaped(message)}`, 'm');
const ONLY_200 = /^ {2}outage +200: \d+ +\d+ %( +\d+\.\d ms){3}$/m;
const LOOKUPS_FAIL = logs('warn', 'cache look-ups fail and count as misses');
const RECOVERY = /^Recovery: .+ \d+\.\d s after the end$/m;

interface Wanted {
  readonly lines: readonly RegExp[];
  /** Counters that are higher at the end of the outage. */
  readonly rises?: readonly string[];
  /** Gauges that are 1 at the end of the outage only. */
  readonly switches?: readonly string[];
  /** Text that is not in the report. */
  readonly without?: readonly string[];
}

/** The values of a series before the outage, at its end, and after it. */
function rowOf(output: string, series: string): readonly number[] {
  const row = new RegExp(`^  ${escaped(series)} +(\\d+) +(\\d+) +(\\d+)`, 'm').exec(output);
  if (row === null) throw new Error(`there is no row ${series} in ${output}`);
  return row.slice(1).map(Number);
}

const DOWN = {
  lines: [/^ {2}Server replicas\/replica-1 is DOWN/m, /^ {2}Server replicas\/replica-1 is UP/m, ONLY_200],
  switches: ['haproxy_server_status{proxy="replicas",server="replica-1",state="DOWN"}'],
};

const DRILLS: Readonly<Record<string, Wanted>> = {
  'redis-frozen': {
    lines: [LOOKUPS_FAIL, logs('warn', '[plugin/cache-redis] circuit breaker open'), ONLY_200],
    rises: ['pluggable_cache_lookups_total{outcome="timeout"}', 'pluggable_cache_lookups_total{outcome="open"}'],
    switches: ['pluggable_breaker_open{name="cache",method="get"}'],
  },
  'redis-killed': {
    lines: [
      LOOKUPS_FAIL,
      logs('warn', '[plugin/cache-redis] no connection'),
      logs('info', '[plugin/cache-redis] connected'),
      ONLY_200,
    ],
    rises: ['pluggable_cache_lookups_total{outcome="error"}'],
  },
  'redis-slow': { lines: [LOOKUPS_FAIL, ONLY_200], rises: ['pluggable_cache_lookups_total{outcome="open"}'] },
  'cluster-primary-killed': {
    lines: [
      logs('warn', '[plugin/cache-redis] no connection'),
      logs('info', '[plugin/cache-redis] cluster primaries'),
      ONLY_200,
    ],
    rises: ['pluggable_cache_lookups_total{outcome="error"}'],
    // The other primaries serve their keys.
    without: ['degraded', 'circuit breaker open', 'outcome="hit"'],
  },
  'sentinel-primary-killed': {
    lines: [
      LOOKUPS_FAIL,
      logs('warn', '[plugin/cache-redis] no connection'),
      logs('info', '[plugin/cache-redis] connected'),
      ONLY_200,
    ],
    rises: ['pluggable_cache_lookups_total{outcome="error"}'],
  },
  'plugin-missing': {
    lines: [
      logs('error', 'cache plugin not started; using nop cache'),
      logs('info', 'cache plugin live'),
      /^With CACHE_PLUGIN_REQUIRED=true, the service ends with exit code 1: pluggable: plugin \S+: found no such file/m,
    ],
    rises: [
      'pluggable_plugin_start_failures_total{contract="cache",code="PLUGIN_NOT_FOUND"}',
      'pluggable_cache_lookups_total{outcome="skipped"}',
    ],
  },
  'plugin-killed': {
    lines: [
      logs('error', '[plugin/cache-memory] ended; will be restarted'),
      logs('info', '[plugin/cache-memory] live again'),
      ONLY_200,
    ],
    rises: ['pluggable_plugin_ends_total{plugin="cache-memory",code="PLUGIN_ENDED"}'],
  },
  'plugin-blocked': {
    lines: [
      logs('error', '[plugin/cache-memory] ended; will be restarted'),
      /PLUGIN_BLOCKED/,
      logs('info', '[plugin/cache-memory] live again'),
      ONLY_200,
    ],
    rises: ['pluggable_plugin_ends_total{plugin="cache-memory",code="PLUGIN_BLOCKED"}'],
  },
  overload: {
    lines: [/^The other clients got \{"503":[1-9]/m, ONLY_200],
    rises: ['pluggable_compute_refusals_total{reason="too-long"}'],
  },
  connections: {
    lines: [
      logs('error', 'the limit of connections is reached; further ones are closed at once'),
      logs('info', 'connections are accepted again'),
      /^1\d\d of the 200 connections were closed at once$/m,
    ],
    rises: ['pluggable_http_connections_refused_total'],
  },
  'replica-killed': { ...DOWN, lines: [...DOWN.lines, logs('info', 'listening', 'replica-1 ')] },
  'replica-frozen': DOWN,
  'rolling-restart': {
    lines: [
      ...['replica-1 ', 'replica-2 ', 'replica-3 '].flatMap((replica) => [
        logs('info', 'shutting down', replica),
        logs('info', 'listening', replica),
      ]),
      ONLY_200,
    ],
  },
};

describe('npm run drill', () => {
  it('without a name lists all drills, one line each', async () => {
    await using drill = new Drill([]);
    const { code, output, errors } = await drill.ended();
    const listed = [...output.matchAll(/^ {2}(\S+) +\S.*$/gm)].map(([, name]) => name);
    expect([code, errors, listed]).toEqual([0, '', Object.keys(DRILLS)]);
  });

  it.each([['none'], ['toString'], ['redis-slow', 'overload']])('with a wrong name says so: %s %s', async (...args) => {
    await using drill = new Drill(args);
    const errors = `there is no drill ${args.join(' ')}; npm run drill lists the drills\n`;
    expect(await drill.ended()).toEqual({ code: 2, output: '', errors });
  });

  it('without a built service says what to run', async () => {
    const root = await mkdtemp(join(tmpdir(), 'pluggable-'));
    try {
      for (const name of ['test/drills', 'test/support', 'package.json']) {
        await cp(join(ROOT, name), join(root, name), { recursive: true });
      }
      await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
      await using drill = new Drill(['overload'], root);
      const errors = 'found no built service; run npm run build\n';
      expect(await drill.ended()).toEqual({ code: 1, output: '', errors });
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it.each([
    ['replica-killed', 'redis-server and haproxy', 'redis-server haproxy'],
    ['cluster-primary-killed', 'redis-server and redis-cli', 'redis-server redis-tools'],
  ])('without a program of the drill says what to install: %s', async (name, programs, packages) => {
    await using drill = new Drill([name], ROOT, { PATH: dirname(process.execPath) });
    const errors = `found no ${programs} on the PATH, wanted for this drill; install it (Debian: apt-get install ${packages})\n`;
    expect(await drill.ended()).toEqual({ code: 1, output: '', errors });
  });

  it.each(Object.entries(DRILLS))(
    '%s shows log, metrics, answers and recovery',
    async (name, { lines, rises = [], switches = [], without = [] }) => {
      await using drill = new Drill([name]);
      const { code, output, errors } = await drill.ended();
      expect([code, errors]).toEqual([0, '']);
      for (const line of [...lines, RECOVERY]) expect(output).toMatch(line);
      for (const text of without) expect(output).not.toContain(text);
      for (const series of rises) {
        const [before = Number.NaN, atEnd] = rowOf(output, series);
        expect(atEnd).toBeGreaterThan(before);
      }
      expect(switches.map((series) => rowOf(output, series))).toEqual(switches.map(() => [0, 1, 0]));
      expect(drill.leftBehind()).toBe('');
    },
  );

  it.each([
    ['redis-frozen', 'drill'],
    ['plugin-killed', 'drill'],
    ['plugin-blocked', 'drill'],
    ['plugin-blocked', 'all'],
    ['replica-frozen', 'drill'],
    ['rolling-restart', 'drill'],
    ['cluster-primary-killed', 'all'],
    ['sentinel-primary-killed', 'all'],
  ] as const)('%s ends all its processes at once on Ctrl-C, sent to %s', async (name, to) => {
    await using drill = new Drill([name]);
    await eventually('the outage', () => drill.output.includes(', under 100 requests per second'));
    expect(drill.leftBehind()).toContain('main.js');
    const signalledMs = performance.now();
    drill.interrupt('SIGINT', to);
    const { code, output, errors } = await drill.ended();
    expect([code, errors, output.includes('Recovery')]).toEqual([130, '', false]);
    expect(performance.now() - signalledMs).toBeLessThan(AT_ONCE_MS);
    expect(drill.leftBehind()).toBe('');
  });

  it('ends all its processes when its terminal is closed', async () => {
    await using drill = new Drill(['replica-killed']);
    await eventually('the outage', () => drill.output.includes(', under 100 requests per second'));
    // The kernel sends it, and the shell.
    drill.interrupt('SIGHUP', 'all');
    drill.interrupt('SIGHUP', 'drill');
    expect((await drill.ended()).code).toBe(130);
    expect(drill.leftBehind()).toBe('');
  });

  it('ends all its processes at once on Ctrl-C before the outage', async () => {
    await using drill = new Drill(['replica-killed']);
    await eventually('a replica that starts', () => drill.leftBehind().includes('main.js'));
    const signalledMs = performance.now();
    drill.interrupt('SIGINT', 'all');
    const { code, errors } = await drill.ended();
    expect([code, errors]).toEqual([130, '']);
    expect(performance.now() - signalledMs).toBeLessThan(AT_ONCE_MS);
    expect(drill.leftBehind()).toBe('');
  });
});
