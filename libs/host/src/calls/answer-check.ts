// Checks of answers against the contract.
import type { AnswerCheck, SchemaIssue, SchemaResult, StandardSchema } from '@pluggable/contract';
import { plainReasonOf } from '../plugin.error.js';

/** An answer that fails its check. The message lists the problems; it is empty for a predicate. */
export class WrongAnswer extends Error {}

/** @returns the answer for the caller; a promise of it if the schema is asynchronous. @throws WrongAnswer */
export type CheckedAnswer = (answer: unknown) => unknown;

const anyAnswer: CheckedAnswer = (answer) => answer;

export function answerCheck(check: AnswerCheck | undefined): CheckedAnswer {
  if (check === undefined) return anyAnswer;
  // A schema may be a function with a property (arktype).
  if ('~standard' in check) return bySchema(check);
  return (answer) => {
    if (accepts(check, answer)) return answer;
    throw new WrongAnswer();
  };
}

function accepts(check: (answer: unknown) => boolean, answer: unknown): boolean {
  try {
    return check(answer);
  } catch {
    return false;
  }
}

function bySchema(schema: StandardSchema): CheckedAnswer {
  return (answer) => {
    const result = orWrongAnswer(() => schema['~standard'].validate(answer));
    return isThenable(result) ? Promise.resolve(result).catch(schemaThrew).then(settle) : settle(result);
  };
}

/** A promise of any realm or library. */
function isThenable<Result>(result: Result | Promise<Result>): result is Promise<Result> {
  return typeof result === 'object' && result !== null && 'then' in result;
}

function settle(result: SchemaResult<unknown>): unknown {
  const issues = orWrongAnswer(() => result.issues?.map(described));
  if (issues === undefined) return (result as { readonly value: unknown }).value;
  throw new WrongAnswer(issues.join('; '));
}

function orWrongAnswer<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    return schemaThrew(error);
  }
}

function schemaThrew(error: unknown): never {
  throw new WrongAnswer(`its schema threw: ${plainReasonOf(error)}`);
}

function described({ path = [], message }: SchemaIssue): string {
  const place = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
  return place === '' ? message : `${place}: ${message}`;
}
