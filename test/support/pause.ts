// A pause of a whole process, as of a machine that is suspended or a container that is frozen.
import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from './program.js';

/** Stops the program for so many milliseconds and lets it go on. */
export async function pauseProgram(program: Program, ms: number): Promise<void> {
  program.signal('SIGSTOP');
  try {
    await delay(ms);
  } finally {
    program.signal('SIGCONT');
  }
}
