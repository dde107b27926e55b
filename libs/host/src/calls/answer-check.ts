// Whether an answer is what its contract says.
import type { AnswerCheck, SchemaIssue, SchemaResult, StandardSchema } from '@pluggable/contract';
import { plainReasonOf } from '../plugin.error.js';

/** The message says what is wrong, or is empty. */
export class WrongAnswer extends Error {}

/** @returns the answer as its caller gets it: a promise only where the schema is asynchronous. @throws WrongAnswer */
export type CheckedAnswer = (answer: unknown) => unknown;

const anyAnswer: CheckedAnswer = (answer) => answer;

export function answerCheck(check: AnswerCheck | undefined): CheckedAnswer {
  if (check === undefined) return anyAnswer;
  // A schema may be a function with a property (arktype).
  if ('~standard' in check) return bySchema(check);
  return (answer) => {
    if (isRight(check, answer)) return answer;
    throw new WrongAnswer();
  };
}

function isRight(check: (answer: unknown) => boolean, answer: unknown): boolean {
  try {
    return check(answer);
  } catch {
    return false;
  }
}

function bySchema(schema: StandardSchema): CheckedAnswer {
  return (answer) => {
    const result = orWrong(() => schema['~standard'].validate(answer));
    return isThenable(result) ? Promise.resolve(result).catch(schemaThrew).then(settle) : settle(result);
  };
}

/** A promise of any realm or library. */
function isThenable<Result>(result: Result | Promise<Result>): result is Promise<Result> {
  return typeof result === 'object' && result !== null && 'then' in result;
}

function settle(result: SchemaResult<unknown>): unknown {
  const issues = orWrong(() => result.issues?.map(described));
  if (issues === undefined) return (result as { readonly value: unknown }).value;
  throw new WrongAnswer(issues.join('; '));
}

function orWrong<Result>(read: () => Result): Result {
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
