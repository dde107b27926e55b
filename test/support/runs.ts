// The runs of a service: one program after the other, with the same settings.
import { type Program, startProgram } from './program.ts';

type Settings = Readonly<Record<string, string>>;

export class Runs implements AsyncDisposable {
  /** The programs so far, the newest last. */
  readonly programs: Program[] = [];
  private readonly settings: Settings;
  private starting: Promise<Program> | undefined;
  private isOver = false;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  get newest(): Program {
    const program = this.programs.at(-1);
    if (program === undefined) throw new Error('the service has not started');
    return program;
  }

  /** Starts a program, but none once this object is disposed of. */
  async start(settings: Settings = {}): Promise<void> {
    if (this.isOver) throw new Error('no program is started any more');
    this.starting = startProgram({ env: { ...this.settings, ...settings } });
    this.programs.push(await this.starting);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isOver = true;
    await this.starting?.then(
      (program) => program[Symbol.asyncDispose](),
      () => {},
    );
    for (const program of this.programs) await program[Symbol.asyncDispose]();
  }
}
