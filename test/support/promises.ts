// What the service promises to hold under fault. Each is tested in test/promises; docs/promises.md is what the tests measured.
import { describe, type TestContext } from 'vitest';

/** 9 to 11 are about plugins; docs/faults.md and the swap tests prove them. */
export const PROMISES = {
  1: 'Redis gone, hung, slow, flapping or lying: no request fails',
  2: 'What the cache holds is not trusted',
  3: 'A client that leaves frees its worker',
  4: 'N identical requests cost one computation',
  5: 'Overload is refused, not suffered',
  6: 'A server-side deadline on every computation',
  7: 'n is refused before it costs anything',
  8: 'SIGTERM under load drops nothing that can finish within the grace time',
  12: 'HTTP limits hold',
  13: 'One error shape',
  14: 'Bad configuration stops the start once',
  15: 'Liveness depends on nothing, readiness on what serves',
  16: 'Nothing leaks',
  17: 'A guest is untrusted input',
  18: 'Nothing waits without a bound',
  19: 'A secret is never readable',
  20: 'A pin covers every byte that runs',
  21: 'A plugin behaves the same in every isolation: values, domain errors, deadlines, aborts',
  22: 'One bad sample decides nothing',
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

/** Records what a test measured, in words, for docs/promises.md. */
export function figure(task: TestContext['task'], measured: string): void {
  (task.meta.figures ??= []).push(measured);
}
