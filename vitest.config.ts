import { defineConfig } from 'vitest/config';
import { SlowFilesFirst } from './test/support/slow-files-first.js';

/** The default export of a CommonJS module is its whole exports object, as in Node and in the bundles. */
const AS_NODE = { interopDefault: false };

/**
 * Tests that measure short times, throughput or memory, or compute for seconds, run one file at a time. The others run in
 * parallel, where the threads of computations have little processor time.
 */
const ALONE = [
  'test/promises/0{1,3,5,6}-*.e2e-spec.ts',
  'test/promises/{04-single-flight,08-drain,22-pauses}.e2e-spec.ts',
  'test/{blocked,redis-large-value}.e2e-spec.ts',
];

/** The same for the tests that take minutes. */
const SOAK_ALONE = [
  'test/promises/01-*.soak-spec.ts',
  'test/promises/03-*.soak-spec.ts',
  'test/promises/12-http-limits.soak-spec.ts',
  'test/promises/16-*.soak-spec.ts',
  'test/promises/22-pauses.soak-spec.ts',
  'test/{blocked,drills,faults,haproxy,nest-shutdown,swap}.soak-spec.ts',
];

const E2E = { deps: AS_NODE, testTimeout: 60_000, hookTimeout: 60_000 };
const SOAK = { deps: AS_NODE, testTimeout: 300_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    sequence: { sequencer: SlowFilesFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.spec.ts', 'libs/*/src/**/*.spec.ts'],
          deps: AS_NODE,
          // Many of them wait. The default is one worker less than there are cores.
          maxWorkers: 3,
        },
      },
      {
        test: {
          ...E2E,
          name: 'e2e',
          include: ['test/**/*.e2e-spec.ts'],
          exclude: ALONE,
          // Many of them wait.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...E2E,
          name: 'e2e-alone',
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...SOAK,
          name: 'soak',
          include: ['test/**/*.soak-spec.ts'],
          exclude: SOAK_ALONE,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...SOAK,
          name: 'soak-alone',
          include: SOAK_ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
