// A reply that ioredis cannot take ends its connection, and not the process.
import dataHandler from 'ioredis/built/DataHandler.js';

interface Handler {
  readonly redis: { readonly stream: { destroy(error: unknown): void } };
}

/**
 * ioredis 6.0 throws what fails while it takes a reply in a turn of its own, where nobody can catch it: null when it has asked
 * for nothing, for one. From here on it ends the connection instead.
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
