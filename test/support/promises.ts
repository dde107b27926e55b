// The promises of the service under faults. Each is tested in test/promises; docs/promises.md lists the measurements.
import { describe, type TestContext } from 'vitest';

/** 9 to 11 concern plugins; docs/faults.md and the swap tests cover them. */
export const PROMISES = {
  1: 'Redis is down, hung, slow, flapping or wrong: no request fails',
  2: 'Values in the cache are not trusted',
  3: 'A client that leaves frees its worker',
  4: 'N identical requests cost one computation',
  5: 'Excess load is refused early',
  6: 'A server-side deadline on every computation',
  7: 'n is refused before it costs anything',
  8: 'SIGTERM under load drops no request that can finish within the grace time',
  12: 'HTTP limits hold',
  13: 'All errors have one shape',
  14: 'Bad configuration stops the start once',
  15: 'Liveness depends on nothing, readiness on the ability to serve',
  16: 'Nothing leaks',
  17: 'Messages of a guest are untrusted input',
  18: 'Every wait is bounded',
  19: 'A secret is never readable',
  20: 'A pin covers every byte that runs',
  21: 'A plugin behaves the same in every isolation: values, domain errors, deadlines, aborts',
  22: 'One bad sample decides nothing',
  23: 'All replicas compute a cold n once, and fail open',
} as const;

declare module 'vitest' {
  interface TaskMeta {
    figures?: string[];
  }
}

export function promise(number: keyof typeof PROMISES, tests: () => void): void {
  describe(`promise ${number}: ${PROMISES[number]}`, () => {
    tests();
  });
}

/** Records a measurement of a test, in words, for docs/promises.md. */
export function figure(task: TestContext['task'], measured: string): void {
  (task.meta.figures ??= []).push(measured);
}
