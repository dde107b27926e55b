// Right answers, computed in another way than the program does.

export function fibonacci(n: number): number {
  let [value, next] = [0, 1];
  for (let i = 0; i < n; i++) [value, next] = [next, value + next];
  return value;
}
