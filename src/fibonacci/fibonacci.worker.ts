// A thread of the compute pool: the naive recursion, as WebAssembly.
import { readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';

// The types of WebAssembly come with the browser's, which do not belong here.
declare namespace WebAssembly {
  function instantiate(bytes: Uint8Array): Promise<{ readonly instance: { readonly exports: unknown } }>;
}

interface FibonacciWasm {
  readonly fibonacci: (n: bigint) => bigint;
}

// Short answers before long work, where the two share a core. Only on Linux has each thread a priority of its own.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const wasm = await WebAssembly.instantiate(await readFile(new URL('./fibonacci.wasm', import.meta.url)));
const { fibonacci } = wasm.instance.exports as FibonacciWasm;

export interface Computed {
  readonly value: number;
  /** From its start to its end, in milliseconds. */
  readonly tookMs: number;
  /** The time for which a core worked on it, in milliseconds: no pause of the process counts. Too coarse for a run below some milliseconds. */
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
