// The log for a person: formats each line, and prints the lines of a request together.
import type { LogOutput } from './log-output.js';
import { prettyLine } from './pretty-line.js';
import { RequestLines } from './request-lines.js';

/** pino writes the level first. */
const LEVEL = /^\{"level":(\d+)/;

export class PrettyLog {
  readonly requests: RequestLines;
  private readonly format: (json: string) => string;

  constructor(private readonly output: Pick<LogOutput, 'write'>) {
    this.requests = new RequestLines((line) => output.write(line));
    this.format = prettyLine(() => this.requests.currentNumber);
  }

  /** @param json a line of pino */
  write(json: string): void {
    this.requests.print(this.format(json), Number(LEVEL.exec(json)?.[1]));
  }

  /** Prints a text without time and level. The caller escapes its control characters. */
  print(text: string): void {
    this.output.write(text);
  }
}
