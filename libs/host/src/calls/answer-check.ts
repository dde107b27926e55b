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
    let result;
    try {
      result = schema['~standard'].validate(answer);
    } catch (error) {
      return refuse(error);
    }
    return result instanceof Promise ? result.catch(refuse).then(outputOf) : outputOf(result);
  };
}

function outputOf(result: SchemaResult<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  throw new WrongAnswer(result.issues.map(described).join('; '));
}

function refuse(error: unknown): never {
  throw new WrongAnswer(`its schema threw: ${plainReasonOf(error)}`);
}

function described({ path = [], message }: SchemaIssue): string {
  const place = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
  return place === '' ? message : `${place}: ${message}`;
}
