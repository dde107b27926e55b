// Outputs of a log that are not read.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UnreadOptions } from './unread-program.js';

/** A pipe of the kernel that only the test reads, on request. */
export class Pipe implements Disposable {
  readonly writer: number;
  private readonly folder = mkdtempSync(join(tmpdir(), 'pipe-'));
  private readonly reader: number;
  private rest = '';

  constructor() {
    const path = join(this.folder, 'pipe');
    execFileSync('mkfifo', [path]);
    this.reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.writer = openSync(path, constants.O_WRONLY);
  }

  /** The lines in the pipe. */
  read(): string[] {
    const bytes = Buffer.alloc(64 * 1024);
    let text = this.rest;
    for (;;) {
      try {
        text += bytes.toString('latin1', 0, readSync(this.reader, bytes));
      } catch {
        break;
      }
    }
    const lines = text.split('\n');
    this.rest = lines.pop() ?? '';
    return lines;
  }

  [Symbol.dispose](): void {
    closeSync(this.reader);
    closeSync(this.writer);
    rmSync(this.folder, { recursive: true });
  }
}

/** Runs the program on a new terminal that is stopped by Ctrl-S. */
const ON_STOPPED_TERMINAL = [
  'python3',
  '-c',
  `import os, pty, sys, termios
main, terminal = pty.openpty()
termios.tcflow(terminal, termios.TCOOFF)
os.set_inheritable(main, True)
os.dup2(terminal, 1)
os.execvp(sys.argv[1], sys.argv[1:])`,
];

export interface UnreadOutput extends Disposable {
  readonly options: UnreadOptions;
}

const nothing = (): void => {};

/** All kinds, each created for one test. */
export const UNREAD_OUTPUTS: Readonly<Record<string, () => UnreadOutput>> = {
  'a pipe': () => {
    const pipe = new Pipe();
    return { options: { stdout: pipe.writer }, [Symbol.dispose]: () => pipe[Symbol.dispose]() };
  },
  'a stopped terminal': () => ({ options: { command: ON_STOPPED_TERMINAL }, [Symbol.dispose]: nothing }),
  // Node's own pipes between processes are sockets.
  'a socket': () => ({ options: {}, [Symbol.dispose]: nothing }),
};
