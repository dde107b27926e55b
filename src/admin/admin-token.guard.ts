// Lets a request pass that carries the admin token. Its body is not read before.
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

  /** The right token passes at once, however many wrong ones came before. */
  canActivate(context: ExecutionContext): boolean {
    const { headersDistinct, socket } = context.switchToHttp().getRequest<Request>();
    const [authorization, ...others] = headersDistinct['authorization'] ?? [];
    if (others.length > 0) {
      const detail = 'the header Authorization is there more than once, wanted one';
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
    const detail = 'too many wrong tokens came; the right one passes at any time';
    throw new ProblemException({ status: 429, error: 'too many wrong tokens', detail, retryAfterMs });
  }

  private isRight(authorization: string): boolean {
    const token = /^Bearer +(\S.*)$/i.exec(authorization)?.[1];
    return token !== undefined && timingSafeEqual(digest(token), this.wanted);
  }
}

/** Of equal length whatever the token is: the time of the comparison tells nothing of it. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
