// The recursion in AssemblyScript, compiled to fibonacci.wasm by the build. i64 is the int64 of the original.

/** The nth Fibonacci number by the naive recursion, deliberately slow. Exact for 0 <= n <= 92. */
export function fibonacci(n: i64): i64 {
  return n <= 1 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}
