// An HTTP exception with RFC 9457 problem details.
import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';

/** The variable parts of a problem response. */
export interface PluginProblem {
  /** HTTP status. */
  readonly status: number;
  /** Explanation in one sentence. */
  readonly detail: string;
  /** Code of the PluginError or the domain error. @default no code */
  readonly code?: string | undefined;
}

/** An HTTP exception whose response is an RFC 9457 problem. A custom exception filter can read `problem` instead. */
export class PluginProblemException extends HttpException {
  /** Always 'PluginProblemException'. */
  override readonly name = 'PluginProblemException';

  /** @param problem status, detail and code of the response */
  constructor(
    /** Status, detail and code of the response. */
    readonly problem: PluginProblem,
    options?: { readonly cause?: unknown },
  ) {
    const { status, detail, code } = problem;
    super({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code }, status, options);
    this.message = detail;
  }
}
