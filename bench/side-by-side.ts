// How things are compared: all of them live at the same time, measured in rounds, in an order that favours none.
import { median, progress } from './figure.ts';

export interface Comparison<Name extends string, Subject extends AsyncDisposable, Measured> {
  readonly title: string;
  /** Each start has its own luck (memory layout, compiled code), so all subjects are started so many times. */
  readonly starts: number;
  /** For each start. */
  readonly rounds: number;
  readonly subjects: Readonly<Record<Name, () => Promise<Subject>>>;
  readonly warmUp: (subject: Subject) => Promise<unknown>;
  readonly measure: (subject: Subject) => Promise<Measured>;
}

/**
 * @returns what was measured of a subject: for each start, the median of its rounds. A median over all rounds would hide that
 * some starts are worse than others.
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

function shuffled<Value>(values: readonly Value[]): Value[] {
  return values
    .map((value) => ({ value, order: Math.random() }))
    .toSorted((one, other) => one.order - other.order)
    .map(({ value }) => value);
}
