import { defineConfig } from 'vitest/config';

/** The default export of a CommonJS module is its whole exports object, as in Node and in the bundles. */
const AS_NODE = { interopDefault: false };

/** Tests that use every core or measure time run one file at a time. The others run in parallel. */
const ALONE = [
  'test/promises/0*.e2e-spec.ts',
  'test/promises/12-*.e2e-spec.ts',
  'test/promises/18-*.e2e-spec.ts',
  'test/promises/22-pauses.e2e-spec.ts',
  'test/{blocked,fibonacci,shutdown}.e2e-spec.ts',
];

const E2E = { deps: AS_NODE, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
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
          maxWorkers: 2,
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
          name: 'soak',
          deps: AS_NODE,
          include: ['test/**/*.soak-spec.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
