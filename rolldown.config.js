// Bundles each plugin into one self-contained file under dist/plugins. A plugin may import node: modules, nothing else.
import { builtinModules } from 'node:module';
import { defineConfig } from 'rolldown';

const plugins = ['cache-memory', 'cache-redis'];

export default defineConfig(
  plugins.map((name) => ({
    input: `libs/${name}/src/index.ts`,
    platform: 'node',
    onLog: (level, log, report) => report(log.code === 'UNRESOLVED_IMPORT' ? 'error' : level, log),
    external: [/^node:/, ...builtinModules],
    output: { file: `dist/plugins/${name}.mjs`, format: 'esm', codeSplitting: false },
  })),
);
