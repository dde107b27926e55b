// Percent escapes in paths that are not UTF-8.
import type { IncomingMessage } from 'node:http';

/**
 * Takes an escape that is not UTF-8 literally (`/fib/%FF` stands for "%FF"), so that the route refuses it with its own message.
 * Express would fail before the route.
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
