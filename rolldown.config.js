// Bundles the application into a few files in dist, which load faster than a thousand, the page of the playground into dist/playground,
// and each plugin into one file in dist/plugins.
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { defineConfig } from 'rolldown';

/** The modules of Node. */
const NODE = [/^node:/, ...builtinModules];
/**
 * Packages that stay in node_modules: those that start threads and processes from their own files, with the modules that they share
 * with the application; those that are loaded on demand; and parseurl, because Node warns about url.parse() outside of node_modules.
 */
const INSTALLED = [/^@pluggable\/(contract|host)$/, /^@opentelemetry\//, 'pino', 'pino-pretty', 'piscina', 'parseurl'];
/** Optional dependencies of Nest, which are not used here. */
const OPTIONAL = [/^@nestjs\/(microservices|websockets)/, /^class-(transformer|validator)/, '@fastify/static'];
/** Bundled packages that every start loads: not those of the description of the routes, which its first request loads. */
const AT_START = /[\\/]node_modules[\\/](?!(@nestjs[\\/](swagger|mapped-types)|es-toolkit|js-yaml|argparse)[\\/])/;

/** The sources of the page. */
const PAGE = 'src/playground/page';
/** Files of the page that are copied. */
const PAGE_ASSETS = ['index.html', 'icon.svg'];
/** Parts of its style sheet: a later one wins. */
const PAGE_STYLES = [
  'base',
  'frame',
  'forms',
  'outcomes',
  'timeline',
  'counters',
  'plugin',
  'swap',
  'table',
  'narrow',
  'forced-colors',
];

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
    // Tree shaking drops a call that only may throw, for example `decodeURIComponent(path)` in a try block. The default of `minify`
    // does, too. Plugins are shaken anyway: otherwise their files are two to ten times as large.
    treeshake: false,
    onLog: unresolvedIsError,
    external: [...NODE, ...INSTALLED, ...OPTIONAL],
    output: {
      dir: 'dist',
      format: 'esm',
      entryFileNames: '[name].js',
      minify: false,
      comments: false,
      // Nest shows class names.
      keepNames: true,
      chunkFileNames: '[name].js',
      codeSplitting: {
        groups: [
          { name: 'packages', test: AT_START },
          // With the parts that are loaded on demand.
          { name: 'application', test: /[\\/](build|libs[\\/][^\\/]+[\\/]dist)[\\/]/, minShareCount: 2 },
        ],
      },
    },
    plugins: [{ name: 'application', generateBundle: finishApplication }],
  },
  {
    input: join(PAGE, 'main.ts'),
    platform: 'browser',
    onLog: unresolvedIsError,
    plugins: [{ name: 'page-assets', generateBundle: emitPageAssets }],
    output: {
      dir: 'dist/playground',
      format: 'esm',
      entryFileNames: 'page.js',
      minify: false,
      codeSplitting: false,
      postFooter: licenceComments,
    },
  },
  // A plugin may import only node: modules.
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
      postFooter: licenceComments,
    },
  })),
]);

/** Makes the files of the application faster to load, and puts the licences beside them. */
function finishApplication(_options, bundle) {
  const chunks = Object.values(bundle).filter(({ type }) => type === 'chunk');
  for (const chunk of chunks) chunk.code = inAscii(chunk.code);
  const modules = Object.assign({}, ...chunks.map((chunk) => chunk.modules));
  this.emitFile({ type: 'asset', fileName: 'licences.txt', source: licencesOf({ modules }).join('\n\n\n') });
}

/**
 * With escapes instead of characters beyond ASCII: V8 keeps two bytes for each character of a file that has one of them. An escape means
 * the same in strings, templates, regular expressions and names; a backslash before the character goes.
 */
function inAscii(code) {
  return code.replaceAll(/\\[\0-\x7f]|\\?([^\0-\x7f])/g, (text, character) =>
    character === undefined ? text : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function emitPageAssets() {
  for (const fileName of PAGE_ASSETS) {
    this.emitFile({ type: 'asset', fileName, source: readFileSync(join(PAGE, fileName)) });
  }
  const styles = PAGE_STYLES.map((name) => readFileSync(join(PAGE, 'styles', `${name}.css`), 'utf8'));
  this.emitFile({ type: 'asset', fileName: 'page.css', source: styles.join('\n') });
}

function unresolvedIsError(level, log, report) {
  report(log.code === 'UNRESOLVED_IMPORT' ? 'error' : level, log);
}

/** Packages that the field `bundle.alias` in a plugin's package.json replaces with files of the plugin. */
function aliasesOf(folder) {
  const { bundle } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const aliases = Object.entries(bundle?.alias ?? {});
  return Object.fromEntries(aliases.map(([name, file]) => [name, join(import.meta.dirname, folder, file)]));
}

/** As comments, because a plugin is distributed as one file. */
function licenceComments(chunk) {
  return licencesOf(chunk)
    .map((licence) => `/*!\n${licence.replaceAll('*/', '* /')}\n*/`)
    .join('\n');
}

/** The licence of each bundled package. */
function licencesOf({ modules }) {
  const foreign = Object.keys(modules).filter((path) => /[\\/]node_modules[\\/]/.test(path));
  const packages = [...new Set(foreign.map(folderOf))].toSorted();
  return packages.map((folder) =>
    licenceOf(
      folder,
      foreign.filter((path) => folderOf(path) === folder),
    ),
  );
}

/** The package folder of a module. */
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
  return [`${name} ${version} (${license})`, ...texts, ...notices].join('\n\n');
}

/** Comments of a module that name another author. The bundler drops them. */
function noticesIn(source) {
  const comments = source.match(/\/\*[^]*?\*\/|^[ \t]*\/\/.*(\n[ \t]*\/\/.*)*/gm) ?? [];
  const notices = comments.filter((comment) => /copyright|licen[cs]ed? under|adapted from/i.test(comment));
  return notices.map((notice) => notice.replaceAll(/^[ \t]*(\/\*+|\*\/|\*|\/\/)[ \t]?|\*\/$/gm, '').trim());
}
