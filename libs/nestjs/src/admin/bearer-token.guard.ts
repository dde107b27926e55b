// A guard that requires a bearer token.
import { hash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Logger } from '@nestjs/common';
import { PluginProblemException } from './plugin-problem.exception.js';

/**
 * Creates a guard that requires the header `Authorization: Bearer <token>`. Use it behind TLS.
 * @param token called for each request; returns the accepted token. If it is undefined or empty, every request is refused and a
 * warning is logged once
 * @throws PluginProblemException 401 for a request without the token
 * @example `@UseGuards(bearerToken(() => process.env['ADMIN_TOKEN']))`
 */
export function bearerToken(token: () => string | undefined): CanActivate {
  const log = new Logger('bearerToken');
  let isWarned = false;
  return {
    canActivate(context: ExecutionContext): boolean {
      const wanted = token() ?? '';
      if (wanted === '' && !isWarned) log.warn('no token is set: every request is refused');
      isWarned = wanted === '';
      const http = context.switchToHttp();
      const { headers } = http.getRequest<{ headers: { readonly authorization?: string } }>();
      const given = /^Bearer +(\S.*)$/i.exec(headers.authorization ?? '')?.[1];
      if (wanted !== '' && given !== undefined && timingSafeEqual(digest(given), digest(wanted))) return true;
      http.getResponse<{ header(name: string, value: string): unknown }>().header('WWW-Authenticate', 'Bearer');
      throw new PluginProblemException({
        status: 401,
        detail: 'wanted the header "Authorization: Bearer <token>" with the right token',
      });
    },
  };
}

/** A digest of constant length, so that the time of the comparison reveals nothing about the token. */
function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
