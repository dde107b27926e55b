// Writes docs/promises.md from a run of test/promises: the promises, their tests, and the measured figures.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const INTRODUCTION = `# Promises

The reference application keeps these promises under fault. Each table lists the tests and their measurements. \`npm run promises\`
writes this page. The measurements are from one run on a machine with other load; the tests assert statuses, counts and generous
bounds. Promises 9 to 11 are about plugins: see [faults.md](faults.md), and the tests of swaps and of integrity.
`;

export default class PromisesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    if (errors.length > 0 || modules.some((module) => !module.ok())) {
      process.stderr.write('docs/promises.md is unchanged: it is written only if every test passes\n');
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

/** Most tests of a file that are listed; of a file with more, those with a measurement are. */
const MAX_LISTED = 50;

function tableOf(tests: readonly TestCase[]): string {
  const rows = [...new Set(tests.map(({ module }) => module))].flatMap((module) => {
    const own = tests.filter((test) => test.module === module);
    const listed = own.length > MAX_LISTED ? own.filter((test) => test.meta().figures !== undefined) : own;
    const rest = own.length - listed.length;
    return [
      ...listed.map((test) => [titleOf(test), (test.meta().figures ?? []).join('; '), linkTo(module)]),
      ...(rest === 0 ? [] : [[`${rest} ${listed.length === 0 ? '' : 'further '}tests`, '', linkTo(module)]]),
    ];
  });
  return markdownTable([['test', 'measured', 'in'], ...rows], { alignDelimiters: false });
}

/** Its title after those of the suites within the promise, as one sentence. */
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
