// The guard of the admin routes: requires the admin token. It runs before the body is read.
import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Request } from 'express';
import type { AppConfig } from '../config/config.js';
import { ProblemException } from '@pluggable/http-server';
import { LOGGER, type Logger } from '../observability/logger.js';
import { WrongTokens } from './wrong-tokens.js';

@Injectable()
export class AdminTokenGuard implements CanActivate {
  private readonly wanted: Buffer;
  private readonly wrongTokens: WrongTokens;

  constructor(config: ConfigService<AppConfig, true>, @Inject(LOGGER) log: Logger) {
    this.wanted = digest(config.get('admin.token', { infer: true }));
    this.wrongTokens = new WrongTokens(log);
  }

  /** A correct token is accepted at any time, also after too many wrong ones. */
  canActivate(context: ExecutionContext): boolean {
    const { headersDistinct, socket } = context.switchToHttp().getRequest<Request>();
    const [authorization, ...others] = headersDistinct['authorization'] ?? [];
    if (others.length > 0) {
      const detail = 'found more than one header Authorization, wanted one';
      throw new ProblemException({ status: 400, error: 'invalid value', detail });
    }
    if (authorization !== undefined && this.isRight(authorization)) return true;

    const retryAfterMs = authorization === undefined ? undefined : this.wrongTokens.add(socket.remoteAddress);
    if (retryAfterMs === undefined) {
      const detail = 'wanted the header Authorization: Bearer, with ADMIN_TOKEN';
      throw new ProblemException({
        status: 401,
        error: 'unauthorized',
        detail,
        headers: { 'WWW-Authenticate': 'Bearer' },
      });
    }
    const detail = 'too many wrong tokens; the correct one is accepted at any time';
    throw new ProblemException({ status: 429, error: 'too many wrong tokens', detail, retryAfterMs });
  }

  private isRight(authorization: string): boolean {
    const token = /^Bearer +(\S.*)$/i.exec(authorization)?.[1];
    return token !== undefined && timingSafeEqual(digest(token), this.wanted);
  }
}

/** Digests have equal length, so the time of the comparison reveals nothing about the token. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
