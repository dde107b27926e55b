// A thread that works for the given number of milliseconds. Node runs it with type stripping.

const bell = new Int32Array(new SharedArrayBuffer(4));

/** Busy for the first half, asleep for the second: two such threads leave time for the admission on two cores. */
export default function burn(forMs: number): void {
  const startedMs = performance.now();
  while (performance.now() < startedMs + forMs / 2);
  Atomics.wait(bell, 0, 0, Math.max(0, startedMs + forMs - performance.now()));
}
