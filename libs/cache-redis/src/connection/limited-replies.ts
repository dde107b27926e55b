// Puts the limit of each reply between a stream and ioredis.
import type { Redis } from 'ioredis';
import { ReplyLimit } from './reply-limit.js';

/** @param onHeldUp called when a reply delays the later ones for too long: the connection must be replaced */
export function limitReplies(
  { stream }: Redis,
  maxValueBytes: number,
  maxReplyBytes: number | undefined,
  onHeldUp: () => void,
): void {
  const limit = new ReplyLimit(maxValueBytes, maxReplyBytes);
  // ioredis has just added its own listener, before all others.
  const [read] = stream.listeners('data');
  if (read === undefined) throw new Error('ioredis does not listen to its stream');
  stream.removeAllListeners('data');
  stream.prependListener('data', (bytes: Buffer) => {
    try {
      for (const part of limit.pass(bytes)) Reflect.apply(read, stream, [part]);
      if (limit.isHeldUp) onHeldUp();
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
    }
  });
}
