// npm run drill -- NAME: brings an outage about, and prints what an operator sees of it: log, metrics, answers, recovery.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ROOT } from '../support/program.ts';
import { runCourse } from './course.ts';
import { DRILLS } from './drills.ts';

const USAGE = 2;
/** By convention, 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/** Those with another name than the program. */
const DEBIAN_PACKAGES: Readonly<Record<string, string>> = { 'redis-cli': 'redis-tools' };

const isMissing = (program: string): boolean => spawnSync(program, ['-v'], { stdio: 'ignore' }).error !== undefined;

const names = process.argv.slice(2);
const [name = ''] = names;
const drill = Object.hasOwn(DRILLS, name) ? DRILLS[name] : undefined;

if (names.length === 0) {
  const width = Math.max(...Object.keys(DRILLS).map(({ length }) => length));
  const lines = Object.entries(DRILLS).map(([each, { summary }]) => `  ${each.padEnd(width)}  ${summary}`);
  console.log(['npm run drill -- NAME', '', ...lines].join('\n'));
} else if (drill === undefined || names.length > 1) {
  console.error(`there is no drill ${names.join(' ')}; npm run drill lists the drills`);
  process.exitCode = USAGE;
} else if (!existsSync(`${ROOT}dist/main.js`)) {
  console.error('found no built service; run npm run build');
  process.exitCode = 1;
} else if (drill.needs.some(isMissing)) {
  const missing = drill.needs.filter(isMissing);
  const packages = missing.map((program) => DEBIAN_PACKAGES[program] ?? program).join(' ');
  console.error(
    `found no ${missing.join(' and ')} on the PATH, wanted for this drill; install it (Debian: apt-get install ${packages})`,
  );
  process.exitCode = 1;
} else {
  const interrupted = new AbortController();
  // A second Ctrl-C ends this process at once.
  process.once('SIGINT', () => interrupted.abort());
  process.once('SIGTERM', () => interrupted.abort());
  // Redis and HAProxy survive the end of the terminal. The shell sends this signal, too.
  process.on('SIGHUP', () => interrupted.abort());
  try {
    await runCourse(name, drill, interrupted.signal);
  } catch (error) {
    // A signal of a terminal also ends the parts.
    const problem = error instanceof Error ? error.message : String(error);
    if (!interrupted.signal.aborted) console.error(`the drill failed: ${problem}`);
    // A wait for a part that has ended would go on until its time limit.
    process.exit(interrupted.signal.aborted ? INTERRUPTED : 1);
  }
}
