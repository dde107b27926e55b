// Lets a request pass that carries a token.
import { hash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Logger } from '@nestjs/common';
import { PluginProblemException } from './plugin-problem.exception.js';

/**
 * A guard that wants the header `Authorization: Bearer <token>`; else it answers 401. For admin routes behind TLS.
 * @param token asked for at each request. Undefined or empty: no request passes, and the log says why
 * @example `@UseGuards(bearerToken(() => process.env['ADMIN_TOKEN']))`
 */
export function bearerToken(token: () => string | undefined): CanActivate {
  const log = new Logger('bearerToken');
  let isTold = false;
  return {
    canActivate(context: ExecutionContext): boolean {
      const wanted = token() ?? '';
      if (wanted === '' && !isTold) log.warn('there is no token: no request passes');
      isTold = wanted === '';
      const http = context.switchToHttp();
      const { headers } = http.getRequest<{ headers: { readonly authorization?: string } }>();
      const given = /^Bearer +(\S.*)$/i.exec(headers.authorization ?? '')?.[1];
      if (wanted !== '' && given !== undefined && timingSafeEqual(digest(given), digest(wanted))) return true;
      http.getResponse<{ header(name: string, value: string): unknown }>().header('WWW-Authenticate', 'Bearer');
      throw new PluginProblemException({
        status: 401,
        detail: 'wanted the header Authorization: Bearer, with the token',
      });
    },
  };
}

/** Of equal length whatever the token is: the time of the comparison tells nothing of it. */
function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
