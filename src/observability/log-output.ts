// The output of the log: writes lines to standard output in batches. It never waits for the reader, and its buffer is bounded.
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';

/** A batch is written after this time, in milliseconds, or at this number of characters. */
const BATCH_MS = 50;
const BATCH_LENGTH = 64 * 1024;
/** Above this number of waiting bytes, lines are dropped and counted. */
const MOST_BYTES = 8 * 1024 * 1024;
/** The pause after a refused write, in milliseconds. It doubles up to the longest. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 100;
/** Longest wait for the reader at the end of the process, in milliseconds. */
const LAST_FLUSH_MS = 500;
/** Write errors that mean a closed reader. Other errors may be temporary, for example that of a full disk. */
const CLOSED: ReadonlySet<string> = new Set(['EPIPE', 'EBADF', 'ECONNRESET', 'ENOTCONN']);
/** The code of a write to a slow reader. */
const AGAIN = 'EAGAIN';

interface Interruption {
  /** Number of dropped lines. */
  readonly lostLines: number;
  /** The error code of the last failed write; EAGAIN for a reader that stopped reading. */
  readonly code: string;
}

export interface LogOutputOptions {
  /** Called when writing resumes after lines were lost or a write failed. May write a line. */
  readonly onResumed: (interruption: Interruption) => void;
  /** Called with each dropped line. @default nothing is called */
  readonly onDropped?: () => void;
  /** @default 1 */
  readonly fd?: number;
  /** Writes each line at once. @default false: in batches */
  readonly isUnbuffered?: boolean;
}

/**
 * Replaces sonic-boom, which waits 100 ms after each EAGAIN, too long for a fast reader of a pipe. Its final flush has no time
 * limit, and its errors do not allow counting lost lines.
 */
export class LogOutput {
  private readonly fd: number;
  /** Only files are written in the thread pool: a disk may be slow, but a write always ends. */
  private readonly isFile: boolean;
  private batch = '';
  private batchTimer: NodeJS.Timeout | undefined;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  /** The thread pool is writing the first waiting buffer. */
  private isWriting = false;
  private pause: NodeJS.Timeout | undefined;
  private isClosed = false;
  private pauseMs = FIRST_PAUSE_MS;
  private lostLines = 0;
  private failure: string | undefined;

  constructor(private readonly options: LogOutputOptions) {
    ({ fd: this.fd, isFile: this.isFile } = nonBlocking(options.fd ?? 1));
  }

  /** @param line with its line break */
  write(line: string): void {
    if (this.isClosed) return;
    const most = this.lostLines === 0 ? MOST_BYTES : MOST_BYTES / 2;
    if (this.waitingBytes + this.batch.length > most) {
      this.lostLines++;
      this.options.onDropped?.();
      return;
    }
    if (this.lostLines > 0) this.reportInterruption();
    this.batch += line;
    if (this.options.isUnbuffered || this.batch.length >= BATCH_LENGTH) this.flush();
    else this.batchTimer ??= setTimeout(() => this.flush(), BATCH_MS).unref();
  }

  /** Writes the batch now, as far as the reader accepts it. */
  flush(): void {
    this.endBatch();
    this.pump();
  }

  /** Writes all lines synchronously, for at most half a second. For the end of the process. */
  flushAtExit(): void {
    if (this.lostLines > 0) this.reportInterruption();
    this.endBatch();
    // The process waits for the thread pool, which writes the first buffer.
    if (this.isWriting) this.waiting.shift();
    const giveUpMs = performance.now() + LAST_FLUSH_MS;
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    for (let [bytes] = this.waiting; bytes !== undefined; [bytes] = this.waiting) {
      if (this.attempt(bytes)) continue;
      if (performance.now() > giveUpMs) return;
      Atomics.wait(sleeper, 0, 0, FIRST_PAUSE_MS);
    }
  }

  private endBatch(): void {
    clearTimeout(this.batchTimer);
    this.batchTimer = undefined;
    if (this.batch === '') return;
    const bytes = Buffer.from(this.batch);
    this.batch = '';
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
  }

  private pump(): void {
    if (this.isWriting || this.pause !== undefined) return;
    for (let [bytes] = this.waiting; bytes !== undefined; [bytes] = this.waiting) {
      if (this.isFile) return this.begin(bytes);
      if (!this.attempt(bytes)) return this.tryLater();
    }
    if (this.lostLines > 0 || this.failure !== undefined) this.reportInterruption();
  }

  private begin(bytes: Buffer): void {
    this.isWriting = true;
    write(this.fd, bytes, (error, count) => {
      this.isWriting = false;
      if (error === null ? this.written(bytes, count) : this.failed(error)) this.pump();
      else this.tryLater();
    });
  }

  /** @returns whether bytes were written */
  private attempt(bytes: Buffer): boolean {
    try {
      return this.written(bytes, writeSync(this.fd, bytes));
    } catch (error) {
      return this.failed(error);
    }
  }

  private written(bytes: Buffer, count: number): boolean {
    this.pauseMs = FIRST_PAUSE_MS;
    this.waitingBytes -= count;
    if (count === bytes.length) this.waiting.shift();
    else this.waiting[0] = bytes.subarray(count);
    return count > 0;
  }

  private failed(error: unknown): false {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (CLOSED.has(code)) {
      this.isClosed = true;
      this.waiting = [];
    } else if (code !== AGAIN) {
      this.failure = code;
    }
    return false;
  }

  private tryLater(): void {
    if (this.isClosed) return;
    this.pause = setTimeout(() => {
      this.pause = undefined;
      this.pump();
    }, this.pauseMs).unref();
    this.pauseMs = Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
  }

  private reportInterruption(): void {
    const { lostLines, failure: code = AGAIN } = this;
    this.lostLines = 0;
    this.failure = undefined;
    this.options.onResumed({ lostLines, code });
  }
}

/**
 * Opens a pipe, terminal or device a second time, to make it non-blocking for this process only. Node itself makes a file that cannot
 * be opened again (a socket, a pipe of another user) non-blocking when it opens standard output. A terminal that cannot be
 * opened again and a Windows console remain blocking.
 */
function nonBlocking(fd: number): { readonly fd: number; readonly isFile: boolean } {
  if (fstatSync(fd).isFile()) return { fd, isFile: true };
  try {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    return { fd: openSync(`/proc/self/fd/${fd}`, flags), isFile: false };
  } catch {
    void (fd === 1 && process.stdout);
    return { fd, isFile: false };
  }
}
