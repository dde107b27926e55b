// Sends the commands of one turn of the event loop in one write.
import type { Redis } from 'ioredis';

/**
 * Call before each command. ioredis alone writes each command separately, and its auto-pipelining holds new commands back until
 * earlier ones are answered.
 */
export function gatherWrites({ stream }: Redis): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
