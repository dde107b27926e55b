// Correct results, computed by another method than that of the program.

export function fibonacci(n: number): number {
  let [value, next] = [0, 1];
  for (let i = 0; i < n; i++) [value, next] = [next, value + next];
  return value;
}
