// The outcomes of calls, and their counters.
import { isPluginError, type PluginError } from '../plugin.error.js';
import type { CallOutcome } from '../telemetry/channels.js';
import { DomainError } from './rejection.js';

/** Outcomes of the calls of one method since the plugin became live. A call that its caller aborted is not counted. */
export interface CallCounts {
  /** Calls that returned an answer. */
  readonly answers: number;
  /** Calls that rejected with a domain error of the contract. */
  readonly domainErrors: number;
  /** Calls that failed or timed out. */
  readonly failures: number;
  /** Calls that the host refused and did not pass to the plugin. */
  readonly refusals: number;
}

export type Counters = { -readonly [Outcome in keyof CallCounts]: CallCounts[Outcome] };

export function newCounters(): Counters {
  return { answers: 0, domainErrors: 0, failures: 0, refusals: 0 };
}

/** Codes of calls that the host refused. They are not failures of the plugin. */
const REFUSALS: readonly PluginError['code'][] = ['PLUGIN_CLOSED', 'PLUGIN_OVERLOADED', 'PLUGIN_WRONG_ARGUMENTS'];

export function outcomeOf(error: unknown): Exclude<CallOutcome, 'answer'> {
  if (error instanceof DomainError) return 'domain-error';
  if (!isPluginError(error)) return 'abort';
  if (error.code === 'PLUGIN_BREAKER_OPEN' || REFUSALS.includes(error.code)) return 'refusal';
  return error.code === 'PLUGIN_CALL_TIMEOUT' ? 'timeout' : 'failure';
}

export function count(counts: Counters, outcome: Exclude<CallOutcome, 'answer'>): void {
  if (outcome === 'domain-error') counts.domainErrors++;
  else if (outcome === 'refusal') counts.refusals++;
  else if (outcome !== 'abort') counts.failures++;
}

/** Whether a circuit breaker counts the error. */
export function isFailureOfPlugin(error: unknown): boolean {
  return isPluginError(error) && !REFUSALS.includes(error.code);
}
