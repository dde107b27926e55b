// Reads the standard output and error of a guest as lines, bounded in length, rate and backlog.
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { GUEST_LINES, LineBudget } from './line-budget.js';

/** Longest line that is kept, in characters; the rest of a longer one is skipped. */
const MAX_RAW_CHARS = 16_384;
/** Most bytes that are read from one stream in a window. A plugin that writes more must wait for the next window. */
const MAX_BYTES = 4 * 1_024 * 1_024;
/** Length of a window, in milliseconds. Short, because a waiting plugin answers no heartbeat. */
const WINDOW_MS = 100;
const NEWLINE = 10;

export type OutputStream = 'stdout' | 'stderr';

export interface OutputListener {
  /** Called for each line of output. */
  onOutput(line: string, stream: OutputStream): void;
  /** Called with the number of lines that were dropped because of the rate limit. */
  onOutputDropped(lines: number): void;
}

/** Reads both streams with one shared budget. */
export function readOutput(
  streams: Readonly<Record<OutputStream, Readable>>,
  listener: OutputListener,
): { end(): void } {
  const budget = new LineBudget({ ...GUEST_LINES, onDropped: (lines) => listener.onOutputDropped(lines) });
  const readers = (['stdout', 'stderr'] as const).map(
    (name) => new LineReader(streams[name], budget, (line) => listener.onOutput(line, name)),
  );
  return {
    end: () => {
      for (const reader of readers) reader.end();
      budget.end();
    },
  };
}

class LineReader {
  private readonly decoder = new StringDecoder('utf8');
  private line = '';
  private isSkipping = false;
  private bytes = 0;
  private window: NodeJS.Timeout | undefined;

  constructor(
    private readonly input: Readable,
    private readonly budget: LineBudget,
    private readonly onLine: (line: string) => void,
  ) {
    input.on('data', (chunk: Buffer) => this.read(chunk)).on('error', () => {});
  }

  /** The last line may lack its newline. */
  end(): void {
    clearTimeout(this.window);
    if (this.line !== '') this.finishLine();
    this.input.destroy();
  }

  private read(chunk: Buffer): void {
    this.bound(chunk.length);
    let at = 0;
    while (at < chunk.length) {
      if (this.budget.isSpent) return this.skip(chunk.subarray(at));
      const end = chunk.indexOf(NEWLINE, at);
      this.add(this.decoder.write(chunk.subarray(at, end === -1 ? chunk.length : end)));
      if (end === -1) return;
      this.finishLine();
      at = end + 1;
    }
  }

  /** Counts lines without decoding them, so that a flood costs the host little time. */
  private skip(bytes: Buffer): void {
    let newlines = 0;
    for (let at = 0; at < bytes.length; at++) if (bytes[at] === NEWLINE) newlines++;
    const isInLine = bytes.at(-1) !== NEWLINE;
    // The line that is being skipped was counted or cut before.
    this.budget.drop(newlines + (isInLine ? 1 : 0) - (this.isSkipping ? 1 : 0));
    this.decoder.end();
    this.line = '';
    this.isSkipping = isInLine;
  }

  private bound(bytes: number): void {
    this.bytes += bytes;
    this.window ??= setTimeout(() => {
      this.window = undefined;
      this.bytes = 0;
      this.input.resume();
    }, WINDOW_MS).unref();
    if (this.bytes > MAX_BYTES) this.input.pause();
  }

  private add(text: string): void {
    if (this.isSkipping) return;
    this.line += text;
    if (this.line.length <= MAX_RAW_CHARS) return;
    // Reported before the end of the line, which may never arrive.
    this.finishLine();
    this.isSkipping = true;
  }

  private finishLine(): void {
    const line = this.line.endsWith('\r') ? this.line.slice(0, -1) : this.line;
    this.line = '';
    if (this.isSkipping) this.isSkipping = false;
    else if (this.budget.take(line.length)) this.onLine(line);
  }
}
