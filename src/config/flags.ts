// The command line: --help, --version and a flag for most settings. Go's single dash (-port=8080) is understood too.
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
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
  let rest: readonly string[] | undefined = args.map(toDoubleDash);
  while (rest !== undefined) {
    const error = problemOf(command, rest);
    if (error?.exitCode === 0) return { answer };
    if (error !== undefined) problems.push(sentence(error));
    rest = error && without(rest, error);
  }

  const given = command.opts<Record<string, string>>();
  const flags: Record<string, string> = {};
  for (const { flag = '', variable } of infos) {
    const value = given[flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (value !== undefined) flags[variable] = value;
  }
  return { flags, problems };
}

function problemOf(command: Command, args: readonly string[]): CommanderError | undefined {
  try {
    command.parse(args, { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error;
    throw error;
  }
}

function sentence({ message }: CommanderError): string {
  return message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/\.$/, '');
}

/** The arguments without those that the error is about; undefined when the others have been understood already. */
function without(args: readonly string[], { code, message }: CommanderError): string[] | undefined {
  switch (code) {
    case 'commander.unknownOption': {
      const isUnknown = (arg: string | undefined): boolean => message.startsWith(`error: unknown option '${arg}'`);
      // With what is most likely meant to be its value.
      return args.filter((arg, index) => !isUnknown(arg) && (arg.startsWith('-') || !isUnknown(args[index - 1])));
    }
    case 'commander.optionMissingArgument':
      return args.slice(0, -1);
    default:
      // Stray arguments are found last.
      return undefined;
  }
}

export function version(): string {
  const packageJson: unknown = JSON.parse(readFileSync(findPackageJSON(import.meta.url) ?? '', 'utf8'));
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
