// What a plugin writes to its standard output and error, as lines: bounded in length, rate and backlog.
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { GUEST_LINES, LineBudget } from './line-budget.js';

/** Longest line that is kept, in characters; the rest of a longer one is skipped. */
const MAX_RAW_CHARS = 16_384;
/** Most bytes that are read of one stream in a window. A plugin that writes more waits for the next one. */
const MAX_BYTES = 4 * 1_024 * 1_024;
/** In milliseconds. Short, because a plugin that waits answers no heartbeat. */
const WINDOW_MS = 100;
const NEWLINE = 10;

export type OutputStream = 'stdout' | 'stderr';

export interface OutputListener {
  /** A line that the plugin wrote to its standard output or error, instead of to its logger. */
  onOutput(line: string, stream: OutputStream): void;
  /** Lines of output that were dropped, because they were too many. */
  onOutputDropped(lines: number): void;
}

/** Reads both streams under one budget. @returns what ends it */
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

  /** Counts lines without making them: a flood must not cost the host its time. */
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
    // Said before its end comes, which may never come.
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
