// Paths whose percent escapes are not UTF-8.
import type { NextFunction, Request, Response } from 'express';

/**
 * Lets an escape that is not UTF-8 stand for itself (`/fib/%FF` asks for "%FF"), so that the route refuses it in its own
 * words. Express would fail before any route sees it.
 */
export function literalEscapes(request: Request, _response: Response, next: NextFunction): void {
  if (request.url.includes('%') && !isDecodable(request.path)) {
    const [path = '', ...query] = request.url.split('?');
    request.url = [path.replaceAll('%', '%25'), ...query].join('?');
  }
  next();
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
