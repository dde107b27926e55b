// The command line: --help, --version and a flag for most settings. Go's single dash (-port=8080) is understood too.
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { settingInfos } from './settings.js';

/**
 * What the command line says: texts by the names of their variables, with one sentence for each unknown flag, missing value or
 * stray argument; or the text that answers --help or --version.
 */
export type CommandLine =
  | { readonly flags: Readonly<Record<string, string>>; readonly problems: readonly string[] }
  | { readonly answer: string };

/** @param args the command line without program and script */
export function parseFlags(args: readonly string[]): CommandLine {
  let answer = '';
  const command = new Command('pluggable')
    .description('GET /fib/:n, a deliberately slow Fibonacci in front of a cache that is a plugin')
    .version(version())
    .configureOutput({ writeOut: (text) => (answer += text), writeErr: () => {} })
    .exitOverride()
    .addHelpText('after', variablesHelp());
  const infos = settingInfos().filter((info) => info.flag !== undefined);
  for (const { flag, variable, help, fallback, shownDefault = fallback } of infos) {
    command.addOption(new Option(`--${flag} <value>`, `${help} (${variable}, default: ${shownDefault})`));
  }

  const problems: string[] = [];
  // It is parsed again without what was wrong, until nothing is: commander stops at the first problem.
  let rest = args.map(toDoubleDash);
  for (let isParsed = false; !isParsed;) {
    try {
      command.parse(rest, { from: 'user' });
      isParsed = true;
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode === 0) return { answer };
      problems.push(sentence(error));
      const fewer = without(rest, error, command.args);
      isParsed = fewer.length === rest.length;
      rest = fewer;
    }
  }

  const given = command.opts<Record<string, string>>();
  const flags: Record<string, string> = {};
  for (const { flag = '', variable } of infos) {
    const value = given[flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (value !== undefined) flags[variable] = value;
  }
  return { flags, problems };
}

function sentence({ message }: CommanderError): string {
  return message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/\.$/, '');
}

/** The arguments without those that the error is about. */
function without(args: readonly string[], { code, message }: CommanderError, strays: readonly string[]): string[] {
  switch (code) {
    case 'commander.unknownOption':
      return args.filter((arg) => !message.startsWith(`error: unknown option '${arg}'`));
    case 'commander.excessArguments':
      return args.filter((arg) => !strays.includes(arg));
    default:
      // A value is missing: of the last one.
      return args.slice(0, -1);
  }
}

export function version(): string {
  const packageJson: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (packageJson as { version: string }).version;
}

function variablesHelp(): string {
  const rest = settingInfos().filter((info) => info.flag === undefined);
  const width = Math.max(...rest.map((info) => info.variable.length));
  const lines = rest.map(
    ({ variable, help, fallback, shownDefault = fallback }) =>
      `  ${variable.padEnd(width)}  ${help} (default: ${shownDefault})`,
  );
  return `\nVariables without a flag:\n${lines.join('\n')}\n\nFlags win over the environment, the environment over .env. Durations: 250ms, 15s, 1m30s.`;
}

function toDoubleDash(arg: string): string {
  return /^-[a-z][a-z-]+(=|$)/.test(arg) ? `-${arg}` : arg;
}
