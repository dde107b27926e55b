// Ends the connection, not the process, on a reply that ioredis cannot handle.
import dataHandler from 'ioredis/built/DataHandler.js';

interface Handler {
  readonly redis: { readonly stream: { destroy(error: unknown): void } };
}

/**
 * ioredis 6.0 throws some errors of its reply handling in a separate turn, where no caller can catch them, for instance on null
 * as an unexpected reply. With this patch, such an error ends the connection.
 */
export function containImpossibleReplies(): void {
  Object.defineProperty(dataHandler.default.prototype, 'dispatch', {
    configurable: true,
    value(this: Handler, take: () => void): void {
      try {
        take();
      } catch (error) {
        this.redis.stream.destroy(error);
      }
    },
  });
}
