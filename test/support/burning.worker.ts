// A thread that has work for as many milliseconds as it is told. Runs as it is, by the type stripping of Node.

const bell = new Int32Array(new SharedArrayBuffer(4));

/** The first half it burns, and the second it sleeps: two of these leave room on two cores for who hands out the work. */
export default function burn(forMs: number): void {
  const startedMs = performance.now();
  while (performance.now() < startedMs + forMs / 2);
  Atomics.wait(bell, 0, 0, Math.max(0, startedMs + forMs - performance.now()));
}
