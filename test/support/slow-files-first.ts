// The order of test files: short files that take long begin first, so that none runs alone at the end of its group.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Without results of an earlier run, as in a fresh clone, vitest takes the size of a file for its duration. */
const SLOW =
  /\/(?:boundaries|cache-contract|faults|installed|node-versions|process-errors|shutdown|15-probes)\.(?:e2e|soak)-spec\.ts$/;

/** Vitest's order, except that the named files of each project are its first ones. */
export class SlowFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- not that of an array
    const projects = Map.groupBy(await super.sort(files), ({ project }) => project.name);
    return [...projects.values()].flatMap((own) =>
      own.toSorted((one, other) => Number(SLOW.test(other.moduleId)) - Number(SLOW.test(one.moduleId))),
    );
  }
}
