// The exception of a handler that determines the answer to the client.
import { HttpException } from '@nestjs/common';
import type { Problem } from './problem.js';

export class ProblemException extends HttpException {
  override readonly name = 'ProblemException';

  constructor(readonly problem: Problem) {
    super(problem.detail, problem.status);
  }
}
