// The answer to a failed computation.
import type { Problem } from '@pluggable/http-server';
import { Failure, type FailureKind } from './failure.js';

const ANSWERS: Readonly<Record<FailureKind, Pick<Problem, 'status' | 'error'>>> = {
  invalid: { status: 400, error: 'invalid value' },
  overloaded: { status: 503, error: 'overloaded' },
  deadline: { status: 504, error: 'timed out' },
};

/** @returns undefined for every other error */
export function failureProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Failure)) return undefined;
  const { kind, message, retryAfterMs } = error;
  return { ...ANSWERS[kind], detail: message, retryAfterMs };
}
