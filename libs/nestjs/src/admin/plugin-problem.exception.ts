// A refused admin request, as RFC 9457 problem details.
import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';

export interface PluginProblem {
  /** The HTTP status. */
  readonly status: number;
  /** One sentence. */
  readonly detail: string;
  /** That of the PluginError or the domain error, when there is one. */
  readonly code?: string | undefined;
}

/** Its response is the body of the answer; `problem` is for a filter that has a shape of its own. */
export class PluginProblemException extends HttpException {
  override readonly name = 'PluginProblemException';

  constructor(
    readonly problem: PluginProblem,
    options?: { readonly cause?: unknown },
  ) {
    const { status, detail, code } = problem;
    super({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code }, status, options);
    this.message = detail;
  }
}
