// An outage: consecutive failures that produce one log line at the beginning and one at the end.
import type { PluginLogger } from '@pluggable/contract';

/** Time without failures after which a success ends the outage, in milliseconds. Prevents a flood of lines. */
const QUIET_MS = 5_000;

export class Outage {
  private failures = 0;
  private lastFailureMs = 0;

  constructor(
    private readonly log: PluginLogger,
    private readonly begins: string,
    private readonly ends: string,
  ) {}

  onFailure(code: string, error: unknown): void {
    this.failures++;
    this.lastFailureMs = performance.now();
    if (this.failures > 1) return;
    this.log.warn(this.begins, { code, error: error instanceof Error ? error.message : String(error) });
  }

  onSuccess(): void {
    if (this.failures === 0 || performance.now() - this.lastFailureMs < QUIET_MS) return;
    this.log.info(this.ends, { failures: this.failures });
    this.failures = 0;
  }
}
