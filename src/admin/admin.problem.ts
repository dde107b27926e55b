// The answer to a refused admin request.
import type { Problem } from '@pluggable/http-server';
import { PluginProblemException } from '@pluggable/nestjs/admin';

/** The `error` texts of the original. */
const ERRORS: Readonly<Record<number, string>> = { 400: 'invalid value', 422: 'refused' };

/** @returns undefined for every other error */
export function adminProblem(error: unknown): Problem | undefined {
  if (!(error instanceof PluginProblemException)) return undefined;
  const { problem } = error;
  const known = ERRORS[problem.status];
  return known === undefined ? problem : { ...problem, error: known };
}
