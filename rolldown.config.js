// Bundles each plugin into one self-contained file under dist/plugins. A plugin may import node: modules, nothing else.
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { defineConfig } from 'rolldown';

const folders = globSync('libs/cache-*', { cwd: import.meta.dirname });

export default defineConfig(
  folders.map((folder) => ({
    input: join(folder, 'src/index.ts'),
    platform: 'node',
    onLog: (level, log, report) => report(log.code === 'UNRESOLVED_IMPORT' ? 'error' : level, log),
    external: [/^node:/, ...builtinModules],
    resolve: { alias: aliasesOf(folder) },
    output: {
      file: `dist/plugins/${basename(folder)}.mjs`,
      format: 'esm',
      codeSplitting: false,
      postFooter: licencesOf,
    },
  })),
);

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
