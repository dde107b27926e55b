// Lets a request pass that carries the admin token.
import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Request } from 'express';
import type { AppConfig } from '../config/config.js';
import { Failure } from '../http/failure.js';

@Injectable()
export class AdminTokenGuard implements CanActivate {
  private readonly wanted: Buffer;

  constructor(config: ConfigService<AppConfig, true>) {
    this.wanted = digest(config.get('admin.token', { infer: true }));
  }

  canActivate(context: ExecutionContext): boolean {
    const { authorization = '' } = context.switchToHttp().getRequest<Request>().headers;
    const token = /^Bearer +(\S.*)$/i.exec(authorization)?.[1];
    if (token !== undefined && timingSafeEqual(digest(token), this.wanted)) return true;
    throw new Failure('unauthorized', 'wanted the header Authorization: Bearer, with ADMIN_TOKEN');
  }
}

/** Of equal length whatever the token is: the time of the comparison tells nothing of it. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
