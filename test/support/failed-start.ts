// A start that must fail: exit code 1, one sentence, no stack, soon.
import { expect } from 'vitest';
import { type Exit, type ProgramOptions, runProgram } from './program.js';

export interface FailedStart extends Exit {
  readonly durationMs: number;
}

/** Ten times the promised time, because the machine is shared. In milliseconds. */
const SOON_MS = 10_000;

/** Runs the program to its end, and checks the common properties of every failed start. */
export async function failedStart(options: ProgramOptions): Promise<FailedStart> {
  const startedMs = performance.now();
  const exit = await runProgram(options);
  const durationMs = performance.now() - startedMs;

  expect(exit.code).toBe(1);
  // One line, without control characters from a value.
  expect(exit.stderr).toMatch(/^pluggable: [^\p{Cc}\u2028\u2029]+\n$/u);
  expect(exit.stderr).not.toMatch(/\sat .*:\d+:\d+/);
  expect(exit.stdout).not.toMatch(/"level":[56]0/);
  expect(durationMs).toBeLessThan(SOON_MS);
  return { ...exit, durationMs };
}
