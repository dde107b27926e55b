// Rate limit with a burst for the log and the output of a plugin. Lines above the limit are dropped and counted.

/** A line costs 1 unit, plus 1 for each full 1,024 characters. */
const CHARS_PER_UNIT = 1_024;
/** Interval of the check whether a flood is over, in milliseconds. */
const CHECK_MS = 1_000;
/** Number of checks after which a continuing flood is reported. */
const LONG_FLOOD_CHECKS = 10;

export interface BudgetOptions {
  /** Largest number of units at once. */
  readonly burst: number;
  readonly perSecond: number;
  /** Called with the number of dropped lines after a second without a dropped line, and every 10 s during a longer flood. */
  readonly onDropped?: (lines: number) => void;
}

/** Limit of a guest's log, and of its output: 1,000 lines or 1 MiB a second. */
export const GUEST_LINES = { burst: 1_000, perSecond: 1_000 } as const;

export class LineBudget {
  private units: number;
  private filledMs = performance.now();
  private dropped = 0;
  private droppedSinceCheck = 0;
  private checks = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: BudgetOptions) {
    this.units = options.burst;
  }

  /** @returns whether the line is within the budget; if not, it is counted as dropped */
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

  /** Whether a line of one unit would be dropped now. */
  get isSpent(): boolean {
    return this.unitsNow() < 1;
  }

  drop(lines: number): void {
    if (lines === 0) return;
    this.dropped += lines;
    this.droppedSinceCheck += lines;
    this.timer ??= setInterval(() => this.check(), CHECK_MS).unref();
  }

  /** Reports the dropped lines and clears the timer. */
  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.checks = 0;
    const { dropped } = this;
    this.dropped = 0;
    this.droppedSinceCheck = 0;
    if (dropped > 0) this.options.onDropped?.(dropped);
  }

  private check(): void {
    this.checks++;
    if (this.droppedSinceCheck === 0 || this.checks >= LONG_FLOOD_CHECKS) return this.end();
    this.droppedSinceCheck = 0;
  }

  private unitsNow(): number {
    const { burst, perSecond } = this.options;
    return Math.min(burst, this.units + ((performance.now() - this.filledMs) / 1_000) * perSecond);
  }
}
