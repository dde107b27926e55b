// The command line, in the syntax of Go: https://pkg.go.dev/flag#hdr-Command_line_flag_syntax
import { helpText, version } from './help-text.js';
import { nearestName } from './nearest-name.js';
import { settingInfos } from './settings.js';

/** The values of flags by the names of their variables, with one sentence per problem; or the answer to --help or --version. */
export type CommandLine =
  | { readonly flags: Readonly<Record<string, string>>; readonly problems: readonly string[] }
  | { readonly answer: string };

/** `parseArgs` of node:util does not fit: it reads `-port` as `-p -o -r -t`. */
const FLAG = /^(?<written>--?(?<name>[^-=][^=]*))(=(?<inline>[^]*))?$/;

/**
 * Reads `--port=8080` and `--port 8080`, with one dash too. The last of several equal flags counts.
 * @param args the command line without program and script
 */
export function parseFlags(args: readonly string[]): CommandLine {
  const variables = new Map(settingInfos().flatMap(({ flag, variable }) => (flag ? [[flag, variable]] : [])));
  const flags: Record<string, string> = {};
  const problems = new Set<string>();
  const queue = [...args];
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    const { written, name, inline } = FLAG.exec(arg)?.groups ?? {};
    if (name === 'help' || name === 'h') return { answer: helpText() };
    if (name === 'version' || name === 'V') return { answer: `${version()}\n` };
    if (name === undefined) {
      problems.add(`unexpected argument ${JSON.stringify(arg)}, wanted only flags`);
      continue;
    }
    const variable = variables.get(name);
    if (variable === undefined) {
      const meant = nearestName(name, ['help', 'version', ...variables.keys()]);
      problems.add(`unknown flag ${written}${meant === undefined ? '' : ` (did you mean --${meant}?)`}`);
      // The next argument is most likely its value.
      if (inline === undefined && queue[0]?.startsWith('-') === false) queue.shift();
      continue;
    }
    const value = inline ?? queue.shift();
    if (value === undefined) problems.add(`${written} has no value, wanted ${written}=<value>`);
    else flags[variable] = value;
  }
  return { flags, problems: [...problems] };
}
