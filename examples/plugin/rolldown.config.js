// One self-contained file: everything but Node itself is bundled.
import { defineConfig } from 'rolldown';

export default defineConfig({
  input: 'src/index.ts',
  platform: 'node',
  external: [/^node:/],
  output: { file: 'dist/cache-files.mjs', codeSplitting: false },
});
