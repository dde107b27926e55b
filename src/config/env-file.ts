// A strict parser of .env: a line that it cannot parse, or that another reader would cut, is a problem and is not skipped.
import { isUtf8 } from 'node:buffer';

export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  /** One sentence per problem, with the line number and without a value. */
  readonly problems: readonly string[];
}

const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=([^]*)$/;
/** A line within quotes that looks like the next assignment, which means that a quote is missing. Excludes the end of base64. */
const LOOKS_LIKE_ASSIGNMENT = /^\s*(?:export\s+)?[A-Z][A-Z0-9_]*=[^=]/;
const QUOTED = /^\s*(["'`])/;
/** Text that may follow a closing quote. */
const REST = /^\s*(#[^]*)?$/;

/**
 * Accepts `NAME=value`, `export NAME=value`, values in `'`, `"` or backticks, also with line breaks, and comments: lines that begin
 * with `#`, and text from a blank with `#` after an unquoted value. In double quotes, `\n` and `\r` are line breaks. Any other
 * line is a problem.
 */
export function parseEnvFile(bytes: Buffer): EnvFile {
  const wrongEncoding = encodingProblem(bytes);
  if (wrongEncoding !== undefined) return { values: {}, problems: [`.env is ${wrongEncoding}, wanted UTF-8`] };

  const lines = bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/);
  const values = new Map<string, string>();
  const setOnLine = new Map<string, number>();
  const problems: string[] = [];
  let index = 0;
  while (index < lines.length) {
    const number = index + 1;
    const { name, value = '', problem, taken = 1 } = readAssignment(lines, index);
    index += taken;
    const before = name === undefined ? undefined : setOnLine.get(name);
    if (problem !== undefined) {
      problems.push(`.env line ${number}: ${problem}`);
    } else if (before !== undefined) {
      problems.push(`.env line ${number}: ${name} is set on line ${before} already, wanted it once`);
    }
    if (name === undefined) continue;
    setOnLine.set(name, number);
    values.set(name, value);
  }
  return { values: Object.fromEntries(values), problems };
}

interface Assignment {
  /** Undefined for a line without an assignment. */
  readonly name?: string;
  readonly value?: string;
  readonly problem?: string;
  /** Number of lines of the assignment. @default 1 */
  readonly taken?: number;
}

function readAssignment(lines: readonly string[], index: number): Assignment {
  const line = lines[index] ?? '';
  if (REST.test(line)) return {};
  const [, name, text = ''] = ASSIGNMENT.exec(line) ?? [];
  if (name === undefined) return { problem: 'found a line that is not NAME=value, wanted that or a comment with #' };
  const quote = QUOTED.exec(text)?.[1];
  return quote === undefined ? unquoted(name, text) : quoted(name, quote, text, lines.slice(index + 1));
}

function unquoted(name: string, text: string): Assignment {
  const comment = text.search(/\s#/);
  const value = comment === -1 ? text : text.slice(0, comment);
  if (!value.includes('#')) return { name, value: value.trim() };
  const problem = `the # in the value of ${name} begins a comment for many programs, wanted it quoted: ${name}="..."`;
  return { name, problem };
}

function quoted(name: string, quote: string, text: string, further: readonly string[]): Assignment {
  const [, ...pieces] = [text, ...further].join('\n').split(quote);
  const [value = '', behind] = pieces;
  const lines = value.split('\n');
  if (behind === undefined || lines.slice(1).some((line) => LOOKS_LIKE_ASSIGNMENT.test(line))) {
    return { name, problem: `the value of ${name} begins with ${quote} and does not end with it, wanted it closed` };
  }
  const taken = lines.length;
  const others = 'wanted the value in one of the other quotes (", \' or `)';
  if (value.endsWith('\\')) {
    return { name, taken, problem: `a backslash comes before a ${quote} in the value of ${name}, ${others}` };
  }
  const [rest = ''] = pieces.slice(1).join(quote).split('\n');
  if (!REST.test(rest)) return { name, taken, problem: `text comes after the closing ${quote} of ${name}, ${others}` };
  return { name, taken, value: unescaped(quote, value) };
}

function unescaped(quote: string, text: string): string {
  return quote === '"' ? text.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : text;
}

function encodingProblem(bytes: Buffer): string | undefined {
  const mark = bytes.toString('latin1', 0, 2);
  // ASCII text in UTF-16 has a NUL in almost every character.
  if (mark === '\u00FF\u00FE' || mark === '\u00FE\u00FF' || bytes.includes(0)) return 'UTF-16 or binary';
  if (isUtf8(bytes)) return undefined;
  const lines = bytes.toString('latin1').split('\n');
  const wrong = lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
  return `not UTF-8 on line ${wrong + 1}`;
}
