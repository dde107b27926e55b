// The problems of several servers as one text. Servers with the same problem are named together.

export function listedProblems(problems: Iterable<readonly [server: string, problem: string]>): string {
  const servers = new Map<string, string[]>();
  for (const [server, problem] of problems) servers.set(problem, [...(servers.get(problem) ?? []), server]);
  const parts = [...servers].map(([problem, names]) => `${names.toSorted().join(', ')}: ${problem}`);
  return parts.toSorted().join('; ');
}
