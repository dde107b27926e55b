// The lines of one request, printed together at its end, for a log that a person reads.
import { AsyncLocalStorage } from 'node:async_hooks';

/** Longest time that a line waits for the end of its request, in milliseconds. Then the request prints each line at once. */
const LONGEST_WAIT_MS = 1_000;
/** Largest number of waiting lines of one request. */
const MOST_LINES = 50;
/** Largest number of requests with waiting lines. A further request prints each line at once. */
const MOST_REQUESTS = 100;
/** For this time after its end, in milliseconds, a request marks its lines. Later ones come from resources that it opened, such as a plugin. */
const AFTERMATH_MS = 1_000;
/** Levels of pino. */
const WARN = 40;
const FATAL = 60;

interface LoggedRequest {
  readonly number: number;
  lines: string[];
  /** Its lines no longer wait. */
  isDirect: boolean;
  timer: NodeJS.Timeout | undefined;
  endedMs: number | undefined;
}

/**
 * Holds the lines of each request until its end. A line of level warn or above is printed at once, after the earlier lines of its
 * request. AsyncLocalStorage finds the request of a line; its cost is small compared to that of a printed line.
 */
export class RequestLines {
  private readonly storage = new AsyncLocalStorage<LoggedRequest | undefined>();
  private readonly waiting = new Set<LoggedRequest>();
  private requests = 0;

  /** @param output prints one line */
  constructor(private readonly output: (line: string) => void) {}

  /** The number of the request that runs now; undefined outside of a request. */
  get currentNumber(): number | undefined {
    const { number, endedMs } = this.storage.getStore() ?? {};
    return endedMs !== undefined && performance.now() - endedMs > AFTERMATH_MS ? undefined : number;
  }

  /** Wraps the listener that is called first with each request, and whose result is called at the end of the response. */
  grouped<Arrival extends readonly unknown[]>(listener: (...arrival: Arrival) => () => void) {
    return (...arrival: Arrival): (() => void) => {
      const request: LoggedRequest = {
        number: (this.requests += 1),
        lines: [],
        isDirect: false,
        timer: undefined,
        endedMs: undefined,
      };
      // Not run(): the rest of the handling is not called by this function.
      this.storage.enterWith(request);
      const end = listener(...arrival);
      return () => {
        this.endWait(request);
        // Responses of other requests may end in the same turn of the event loop.
        this.storage.run(request, end);
        request.endedMs = performance.now();
      };
    };
  }

  /** Runs the function outside of the current request. */
  outside(run: () => void): void {
    this.storage.run(undefined, run);
  }

  /**
   * @param line with its line break
   * @param level of pino
   */
  print(line: string, level: number): void {
    if (level >= FATAL) this.printAll();
    const request = this.storage.getStore();
    if (request !== undefined && level >= WARN) this.printWaiting(request);
    if (request === undefined || level >= WARN || !this.canWait(request)) {
      this.output(line);
      return;
    }
    request.lines.push(line);
    this.waiting.add(request);
    request.timer ??= setTimeout(() => this.endWait(request), LONGEST_WAIT_MS).unref();
    if (request.lines.length >= MOST_LINES) this.printWaiting(request);
  }

  /** Prints all waiting lines, for example at the end of the process. */
  printAll(): void {
    for (const request of this.waiting) this.printWaiting(request);
  }

  private canWait(request: LoggedRequest): boolean {
    return !request.isDirect && (this.waiting.has(request) || this.waiting.size < MOST_REQUESTS);
  }

  private endWait(request: LoggedRequest): void {
    request.isDirect = true;
    clearTimeout(request.timer);
    this.printWaiting(request);
  }

  private printWaiting(request: LoggedRequest): void {
    const { lines } = request;
    request.lines = [];
    this.waiting.delete(request);
    for (const line of lines) this.output(line);
  }
}
