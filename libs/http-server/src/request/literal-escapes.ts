// Paths whose percent escapes are not UTF-8.
import type { IncomingMessage } from 'node:http';

/**
 * Lets an escape that is not UTF-8 stand for itself (`/fib/%FF` asks for "%FF"), so that the route refuses it in its own
 * words. Express would fail before any route sees it.
 */
export function literalEscapes(request: IncomingMessage): void {
  if (request.url?.includes('%') !== true) return;
  const [path = '', ...query] = request.url.split('?');
  if (!isDecodable(path)) request.url = [path.replaceAll('%', '%25'), ...query].join('?');
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
