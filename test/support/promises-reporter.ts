// Writes docs/promises.md from a run of test/promises: what is promised, by which tests, and what they measured.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const INTRODUCTION = `# Promises

What the service promises to hold under fault, the tests that show it, and what they measured when this page was written by \`npm run promises\`.
Figures are of one run on a machine that others used too. The tests assert statuses, counts and bounds with room for such a machine.
Promises 9 to 11 are about plugins: [faults.md](faults.md), and the tests of a swap and of integrity.
`;

export default class PromisesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    if (errors.length > 0 || modules.some((module) => !module.ok())) {
      process.stderr.write('docs/promises.md is as it was: it is written when every test has passed\n');
      return;
    }
    const inOrder = modules.toSorted((one, other) => one.moduleId.localeCompare(other.moduleId));
    const promises = inOrder.flatMap((module) => [...module.children.suites()]).toSorted(byNumber);
    const titles = [...new Set(promises.map(({ name }) => name))];
    const sections = titles.map((title) => {
      const tests = promises.filter(({ name }) => name === title).flatMap((suite) => [...suite.children.allTests()]);
      return `## ${title.replace(/^promise (\d+):/, '$1.')}\n\n${tableOf(tests)}\n`;
    });
    writeFileSync(`${ROOT}docs/promises.md`, [INTRODUCTION, ...sections].join('\n'));
  }
}

function tableOf(tests: readonly TestCase[]): string {
  const rows = tests.map((test) => [titleOf(test), (test.meta().figures ?? []).join('; '), linkTo(test.module)]);
  return markdownTable([['test', 'measured', 'in'], ...rows], { alignDelimiters: false });
}

/** Its own title and those of the suites within the promise, one sentence. */
function titleOf(test: TestCase): string {
  const titles = [test.name];
  for (let { parent } = test; parent.type === 'suite' && parent.parent.type === 'suite'; { parent } = parent) {
    titles.unshift(parent.name);
  }
  return titles.join(' ').replaceAll('|', '\\|');
}

function linkTo({ moduleId }: TestModule): string {
  const path = relative(ROOT, moduleId);
  return `[${path.slice(path.lastIndexOf('/') + 1)}](../${path})`;
}

function byNumber(one: TestSuite, other: TestSuite): number {
  return numberOf(one) - numberOf(other);
}

function numberOf({ name }: TestSuite): number {
  return Number(/\d+/.exec(name));
}
