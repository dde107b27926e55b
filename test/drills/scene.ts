// A drill, and the scene of its outage: real parts on free ports of loopback.
import type { Load } from '../support/load.ts';
import type { Scrape } from '../support/metrics.ts';
import type { Program } from '../support/program.ts';

export interface Drill {
  /** One line for the list. */
  readonly summary: string;
  /** Programs on the PATH beside Node. */
  readonly needs: readonly string[];
  /** Duration of the outage, in milliseconds. @default 3000 */
  readonly outageMs?: number;
  /** Starts the parts. */
  open(): Promise<Scene>;
}

/** What happens, in words and deeds. */
export interface Acts {
  readonly begins: string;
  begin(): unknown;
  readonly ends: string;
  end(): unknown;
  /** The sign of recovery. */
  readonly recovery: string;
  /** @param endedMs the end of the outage, on the clock of `performance.now()` */
  isRecovered(load: Load, endedMs: number): boolean | Promise<boolean>;
  /** Further lines for the report. */
  notes?(): readonly string[];
}

export interface Scene extends Acts, AsyncDisposable {
  /** The address for the clients. */
  readonly url: string;
  /** The programs so far, by the name for their log lines. */
  programs(): ReadonlyMap<string, readonly Program[]>;
  scrape(): Promise<Scrape>;
}

/** Ends parts in the order of the list, also if one of them fails. */
export async function endAll(parts: readonly AsyncDisposable[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  for (const part of parts.toReversed()) stack.use(part);
}
