// The error answers in the description: one schema, and an example for each answer.
import { problemDetails, type Problem } from '@pluggable/http-server';
import { ApiResponse } from '@nestjs/swagger';
import { headerRefs, ref } from './components.js';

export interface DescribedProblem extends Problem {
  /** The reason for this answer, one sentence without an end. */
  readonly when: string;
}

/** Problem details with the member `error`. */
export const PROBLEM = {
  type: 'object',
  description: 'Problem details (RFC 9457), with the additional members `error` and `code`.',
  required: ['type', 'title', 'status', 'detail', 'error'],
  additionalProperties: false,
  properties: {
    type: { type: 'string', enum: ['about:blank'] },
    title: { type: 'string', description: 'The name of the status.' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', minLength: 1, description: 'One sentence about this case.' },
    error: { type: 'string', minLength: 1, description: 'A short stable text.' },
    code: { type: 'string', pattern: '^[A-Z_]+$', description: 'The code of a plugin error.' },
  },
};

/** The answer as an object of OpenAPI. */
export function problemResponse({ when, headers, retryAfterMs, ...problem }: DescribedProblem) {
  const names = [...Object.keys(headers ?? {}), ...(retryAfterMs === undefined ? [] : ['Retry-After'])];
  return {
    description: `${when[0]?.toUpperCase()}${when.slice(1)}.`,
    headers: headerRefs(...names),
    content: { 'application/problem+json': { schema: ref('schemas', 'Problem'), example: problemDetails(problem) } },
  };
}

/** Decorator: the method gives this answer, too. */
export function ApiProblem(problem: DescribedProblem): MethodDecorator {
  return ApiResponse({ status: problem.status, ...problemResponse(problem) });
}
