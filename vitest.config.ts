import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.spec.ts', 'libs/*/src/**/*.spec.ts'],
          // As Node has it, and so the bundles: the default of a CommonJS module is all that it exports.
          deps: { interopDefault: false },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e-spec.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Each file starts real processes that compute on every core: one at a time.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'soak',
          include: ['test/**/*.soak-spec.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
