// The comparison of servers: all run at the same time and are measured in rounds of random order.
import { median, progress } from './figure.ts';

export interface Comparison<Name extends string, Subject extends AsyncDisposable, Measured> {
  readonly title: string;
  /** Each start differs in memory layout and compiled code, so each subject is started several times. */
  readonly starts: number;
  /** One value per start. */
  readonly rounds: number;
  readonly subjects: Readonly<Record<Name, () => Promise<Subject>>>;
  readonly warmUp: (subject: Subject) => Promise<unknown>;
  readonly measure: (subject: Subject) => Promise<Measured>;
}

/**
 * @returns the results of a subject: for each start, the median of its rounds. A median over all rounds would hide differences
 * between starts.
 */
export async function sideBySide<
  Name extends string,
  Subject extends AsyncDisposable,
  Measured extends { readonly [part in keyof Measured]: number },
>(comparison: Comparison<Name, Subject, Measured>): Promise<(name: Name, part: keyof Measured) => readonly number[]> {
  const { title, starts, rounds, subjects, warmUp, measure } = comparison;
  const names = Object.keys(subjects) as Name[];
  const measured = new Map<Name, Measured[][]>(names.map((name) => [name, []]));
  for (let start = 1; start <= starts; start++) {
    progress(`${title}: start ${start} of ${starts}`);
    await using stack = new AsyncDisposableStack();
    const running: [Name, Subject][] = [];
    for (const name of names) running.push([name, stack.use(await subjects[name]())]);
    for (const [, subject] of running) await warmUp(subject);
    for (const name of names) measured.get(name)?.push([]);
    for (let round = 1; round <= rounds; round++) {
      for (const [name, subject] of shuffled(running))
        measured
          .get(name)
          ?.at(-1)
          ?.push(await measure(subject));
    }
  }
  return (name, part) => (measured.get(name) ?? []).map((of) => median(of.map((round) => round[part])));
}

/** The values in random order. */
export function shuffled<Value>(values: readonly Value[]): Value[] {
  return values
    .map((value) => ({ value, order: Math.random() }))
    .toSorted((one, other) => one.order - other.order)
    .map(({ value }) => value);
}
