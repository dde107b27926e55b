// A failed request whose handler knows what the client is told.
import { HttpException } from '@nestjs/common';
import type { Problem } from './problem.js';

export class ProblemException extends HttpException {
  override readonly name = 'ProblemException';

  constructor(readonly problem: Problem) {
    super(problem.detail, problem.status);
  }
}
