// Bundles the application into few files under dist, which load sooner than a thousand, and each plugin into one under dist/plugins.
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { defineConfig } from 'rolldown';

/** What every Node has. */
const NODE = [/^node:/, ...builtinModules];
/**
 * What stays in node_modules: what starts threads and processes from files of its own, with what it shares with the application;
 * what is loaded only when it is wanted; and parseurl, because Node warns of url.parse() anywhere else.
 */
const INSTALLED = [/^@pluggable\/(contract|host)$/, 'pino', 'pino-pretty', 'piscina', 'parseurl'];
/** What Nest loads when it is there. Nothing here uses it. */
const OPTIONAL = [/^@nestjs\/(microservices|websockets)/, /^class-(transformer|validator)/];

const folders = globSync('libs/cache-*', { cwd: import.meta.dirname });

export default defineConfig([
  {
    input: [
      'build/main.js',
      'build/process/fast-loading.js',
      'build/process/start.js',
      'build/fibonacci/fibonacci.worker.js',
    ],
    platform: 'node',
    // Shaking drops a call whose only outcome is whether it throws, such as `decodeURIComponent(path)` in a try block; so does
    // the default of `minify`. A plugin is shaken all the same: its file would be two to ten times as large.
    treeshake: false,
    onLog: unresolvedIsError,
    external: [...NODE, ...INSTALLED, ...OPTIONAL],
    output: {
      dir: 'dist',
      format: 'esm',
      entryFileNames: '[name].js',
      minify: false,
      // Nest shows them.
      keepNames: true,
      chunkFileNames: '[name].js',
      codeSplitting: { groups: [{ name: 'packages', test: /[\\/]node_modules[\\/]/ }] },
      postFooter: licencesOf,
    },
  },
  // A plugin may import node: modules, nothing else.
  ...folders.map((folder) => ({
    input: join(folder, 'src/index.ts'),
    platform: 'node',
    onLog: unresolvedIsError,
    external: NODE,
    resolve: { alias: aliasesOf(folder) },
    output: {
      file: `dist/plugins/${basename(folder)}.mjs`,
      format: 'esm',
      minify: false,
      codeSplitting: false,
      postFooter: licencesOf,
    },
  })),
]);

function unresolvedIsError(level, log, report) {
  report(log.code === 'UNRESOLVED_IMPORT' ? 'error' : level, log);
}

/** The packages that the field `bundle.alias` of a plugin's package.json replaces, by files of the plugin. */
function aliasesOf(folder) {
  const { bundle } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const aliases = Object.entries(bundle?.alias ?? {});
  return Object.fromEntries(aliases.map(([name, file]) => [name, join(import.meta.dirname, folder, file)]));
}

/** The licences of all packages whose modules are in the bundle, as comments: a plugin is one file, so they travel in it. */
function licencesOf({ modules }) {
  const foreign = Object.keys(modules).filter((path) => /[\\/]node_modules[\\/]/.test(path));
  const packages = [...new Set(foreign.map(folderOf))].toSorted();
  return packages
    .map((folder) =>
      licenceOf(
        folder,
        foreign.filter((path) => folderOf(path) === folder),
      ),
    )
    .join('\n');
}

/** The folder of the package that a module belongs to. */
function folderOf(path) {
  const [folder] = /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(path) ?? [];
  if (folder === undefined) throw new Error(`${path} belongs to no package`);
  return folder;
}

function licenceOf(folder, modules) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)(\.|$)/i.test(file));
  if (files.length === 0) throw new Error(`${name} ${version} is bundled and has no licence file`);
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  const notices = new Set(modules.flatMap((path) => noticesIn(readFileSync(path, 'utf8'))));
  return asComment([`${name} ${version} (${license})`, ...texts, ...notices].join('\n\n'));
}

/** The comments of a module that name another author: the bundler drops them. */
function noticesIn(source) {
  const comments = source.match(/\/\*[^]*?\*\/|^[ \t]*\/\/.*(\n[ \t]*\/\/.*)*/gm) ?? [];
  const notices = comments.filter((comment) => /copyright|licen[cs]ed? under|adapted from/i.test(comment));
  return notices.map((notice) => notice.replaceAll(/^[ \t]*(\/\*+|\*\/|\*|\/\/)[ \t]?|\*\/$/gm, '').trim());
}

function asComment(text) {
  return `/*!\n${text.replaceAll('*/', '* /')}\n*/`;
}
