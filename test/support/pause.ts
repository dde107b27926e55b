// A pause of a whole process, like that of a suspended machine or a frozen container.
import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from './program.js';

/** Stops the program for this number of milliseconds and resumes it. */
export async function pauseProgram(program: Program, ms: number): Promise<void> {
  program.signal('SIGSTOP');
  try {
    await delay(ms);
  } finally {
    program.signal('SIGCONT');
  }
}
