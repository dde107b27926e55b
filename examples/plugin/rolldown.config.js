// Bundles everything except Node itself into one self-contained file.
import { defineConfig } from 'rolldown';

export default defineConfig({
  input: 'src/index.ts',
  platform: 'node',
  external: [/^node:/],
  output: { file: 'dist/cache-files.mjs', codeSplitting: false },
});
