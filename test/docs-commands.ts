// The commands of the documents: what in them can be compared with the repository.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifest as memoryManifest } from '../libs/cache-memory/src/index.js';
import { manifest as redisManifest } from '../libs/cache-redis/src/index.js';
import { settingInfos } from '../src/config/settings.js';
import { ROOT } from './support/program.js';

const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Readonly<
  Record<'scripts' | 'dependencies' | 'devDependencies', Readonly<Record<string, string>>>
>;
const { scripts, dependencies, devDependencies } = root;
const WORKSPACES = /^@pluggable\/(contract|host|nestjs|cache|otel|testkit)$/;
const TARBALLS = '../pluggable/build/packages/*.tgz';
/** The packages of the applications that test/installed.soak-spec.ts installs. */
const installed = new Set(
  globSync('test/fixtures/installed/*/package.json', { cwd: ROOT }).flatMap((file) => {
    const fixture = JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as typeof root;
    return [...Object.keys(fixture.dependencies), ...Object.keys(fixture.devDependencies)];
  }),
);
const variables = new Set([
  ...settingInfos().map(({ variable }) => variable),
  ...[memoryManifest, redisManifest].flatMap(({ env = [], secrets = [] }) => [...env, ...secrets]),
]);
const flags = new Set(settingInfos().map(({ flag }) => flag));
/** The routes of the reference application, and of the application in docs/nest.md. */
const ROUTE =
  /^localhost:(8080\/(fib\/\d+|health\/(live|ready)|admin\/plugins(\/cache)?)|3000\/admin\/plugins\/mailer)$/;

/** The commands of a block: without comments, continued lines as one. */
export function commandsIn(text: string): string[] {
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  return lines.map((line) => line.replace(/(^|\s+)#.*$/, '').trim()).filter((line) => line !== '');
}

/** @returns what a command names that does not exist: scripts, flags, settings, files, packages, routes, programs */
export function problemsOf(command: string): string[] {
  const words = command.match(/(?:[^\s'"$]|'[^']*'|"[^"]*"|\$\([^)]*\)|\$)+/g) ?? [];
  const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const settings = words.slice(0, first === -1 ? words.length : first);
  const [program = '', ...args] = first === -1 ? [] : words.slice(first);
  return [...settings.flatMap(problemsOfSetting), ...problemsOfProgram(program, args)];
}

function problemsOfSetting(assignment: string): string[] {
  const [name = '', value = ''] = assignment.split('=', 2);
  return [...(variables.has(name) ? [] : [`the setting ${name}`]), ...problemsOfFile(value)];
}

function problemsOfProgram(program: string, args: readonly string[]): string[] {
  switch (program) {
    case '':
      return [];
    case 'npm':
      return problemsOfNpm(args);
    case 'npx':
      return existsSync(join(ROOT, 'node_modules/.bin', args[0] ?? '')) ? [] : [`the program ${args[0]}`];
    case 'node':
    case 'node_modules/.bin/node': {
      const options = args.filter((arg) => arg.startsWith('-'));
      const { status } = spawnSync(process.execPath, [...options, '--eval', '']);
      const files = args.filter((arg) => !arg.startsWith('-')).flatMap(problemsOfFile);
      return [...files, ...(status === 0 ? [] : [`the options ${options.join(' ')} of node`])];
    }
    case 'export':
      return args.flatMap(problemsOfSetting);
    case 'curl': {
      const urls = args.filter((arg) => arg.startsWith('localhost'));
      return urls.length === 1 ? urls.filter((url) => !ROUTE.test(url)).map((url) => `the route ${url}`) : ['one URL'];
    }
    case 'openssl':
      return [];
    default:
      return [`the program ${program}`];
  }
}

function problemsOfNpm([command = '', ...args]: readonly string[]): string[] {
  switch (command) {
    case 'start':
    case 'test': {
      const given = args.slice(args.indexOf('--') + 1).map((arg) => arg.split('=', 2));
      return given.flatMap(([flag = '', value = '']) => [
        ...(flags.has(flag.replace(/^--/, '')) ? [] : [`the flag ${flag}`]),
        ...problemsOfFile(value),
      ]);
    }
    case 'run':
      return scripts[args[0] ?? ''] === undefined ? [`the script ${args[0]}`] : [];
    case 'ci':
      return args.filter((arg) => !['--ignore-scripts', '--omit=dev'].includes(arg));
    case 'install': {
      const packages = args.filter((arg) => arg !== '--save-dev');
      const isKnown = (name: string): boolean =>
        WORKSPACES.test(name) || name in dependencies || name in devDependencies || installed.has(name);
      return packages
        .filter((name) => name !== TARBALLS && !isKnown(name.replace(/(?<=.)@\d+$/, '')))
        .map((name) => `the package ${name}`);
    }
    default:
      return [`npm ${command}`];
  }
}

/** Of a path in this repository. */
function problemsOfFile(path: string): string[] {
  return /^(dist|scripts|examples|libs)\//.test(path) && !existsSync(join(ROOT, path)) ? [`the file ${path}`] : [];
}
