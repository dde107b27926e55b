// The recursion in plain JavaScript, as a baseline.
export function plainFibonacci(n: number): number {
  return n <= 1 ? n : plainFibonacci(n - 1) + plainFibonacci(n - 2);
}
