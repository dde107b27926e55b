// How much a plugin may log or print: a rate with a burst; what is above it is dropped and counted.

/** A line costs one unit, a longer one a unit for each started so many characters. */
const CHARS_PER_UNIT = 1_024;
/** How often the budget looks whether the flood is over, in milliseconds. */
const CALM_MS = 1_000;
/** A flood that does not end is reported after so many looks. */
const LONG_FLOOD = 10;

export interface BudgetOptions {
  /** Most units at once. */
  readonly burst: number;
  readonly perSecond: number;
  /** Called with the number of dropped lines when a second passed without one, and every 10 s in a longer flood. */
  readonly onDropped?: (lines: number) => void;
}

/** What a guest may log, and what it may print: 1,000 lines, or 1 MiB, in a second. */
export const GUEST_LINES = { burst: 1_000, perSecond: 1_000 } as const;

export class LineBudget {
  private units: number;
  private filledMs = performance.now();
  private dropped = 0;
  private droppedSinceLook = 0;
  private looks = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: BudgetOptions) {
    this.units = options.burst;
  }

  /** @returns whether the line is within the budget; counts it as dropped when not */
  take(chars: number): boolean {
    this.units = this.unitsNow();
    this.filledMs = performance.now();
    const cost = 1 + Math.floor(chars / CHARS_PER_UNIT);
    if (this.units >= cost) {
      this.units -= cost;
      return true;
    }
    this.drop(1);
    return false;
  }

  /** Whether a line that is no longer than one unit would be dropped now. */
  get isSpent(): boolean {
    return this.unitsNow() < 1;
  }

  drop(lines: number): void {
    if (lines === 0) return;
    this.dropped += lines;
    this.droppedSinceLook += lines;
    this.timer ??= setInterval(() => this.look(), CALM_MS).unref();
  }

  /** Reports at once what was dropped, and ends the timer. */
  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.looks = 0;
    const { dropped } = this;
    this.dropped = 0;
    this.droppedSinceLook = 0;
    if (dropped > 0) this.options.onDropped?.(dropped);
  }

  private look(): void {
    this.looks++;
    if (this.droppedSinceLook === 0 || this.looks >= LONG_FLOOD) return this.end();
    this.droppedSinceLook = 0;
  }

  private unitsNow(): number {
    const { burst, perSecond } = this.options;
    return Math.min(burst, this.units + ((performance.now() - this.filledMs) / 1_000) * perSecond);
  }
}
