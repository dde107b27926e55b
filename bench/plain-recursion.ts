// The same recursion in plain JavaScript, to compare with.
export function plainFibonacci(n: number): number {
  return n <= 1 ? n : plainFibonacci(n - 1) + plainFibonacci(n - 2);
}
