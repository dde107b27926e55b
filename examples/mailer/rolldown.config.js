// Bundles each plugin into one self-contained file: everything except Node itself.
import { defineConfig } from 'rolldown';

export default defineConfig(
  ['console', 'smtp'].map((name) => ({
    input: `plugins/${name}.ts`,
    platform: 'node',
    external: [/^node:/],
    output: { file: `dist/plugins/${name}.mjs`, codeSplitting: false },
  })),
);
