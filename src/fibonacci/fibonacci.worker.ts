// A worker thread of the compute pool: the naive recursion in WebAssembly.
import { readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';

// The types of WebAssembly are part of the DOM types, which are not loaded here.
declare namespace WebAssembly {
  function instantiate(bytes: Uint8Array): Promise<{ readonly instance: { readonly exports: unknown } }>;
}

interface FibonacciWasm {
  readonly fibonacci: (n: bigint) => bigint;
}

// Request handling goes before computations on a shared core. Only on Linux, each thread has its own priority.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const wasm = await WebAssembly.instantiate(await readFile(new URL('./fibonacci.wasm', import.meta.url)));
const { fibonacci } = wasm.instance.exports as FibonacciWasm;

export interface Computed {
  readonly value: number;
  /** Wall-clock time of the computation, in milliseconds. */
  readonly tookMs: number;
  /** CPU time of the computation, in milliseconds. Excludes pauses of the process. Too coarse for runs of a few milliseconds. */
  readonly cpuMs: number;
}

/** @param n at most 78, so that the result is exact in a number */
export default function compute(n: number): Computed {
  const startedMs = performance.now();
  const before = process.threadCpuUsage();
  const value = Number(fibonacci(BigInt(n)));
  const { user, system } = process.threadCpuUsage(before);
  return { value, tookMs: performance.now() - startedMs, cpuMs: (user + system) / 1_000 };
}
