// Limit of unread output in a guest. Unread output waits in memory, which a worker shares with the host; the excess is dropped.
import type { Writable } from 'node:stream';

/** Most waiting bytes and writes: a worker passes all waiting writes to the host at once, and a pipe fails with very many. */
const MAX_BYTES = 1_024 * 1_024;
const MAX_WRITES = 1_000;

type Write = (chunk: Uint8Array | string, encoding?: string, onWritten?: (error?: Error | null) => void) => boolean;

/** Drops writes while too many wait, and then writes the number of dropped ones. */
export function boundBacklog(stream: Writable): void {
  const write = stream.write.bind(stream) as Write;
  let waiting = 0;
  let dropped = 0;
  const report = (): void => {
    if (dropped === 0 || waiting > 0) return;
    const lost = dropped;
    dropped = 0;
    write(`${lost} writes of output dropped: they came faster than they could be read\n`);
  };
  stream.write = (chunk: Uint8Array | string, ...rest: unknown[]): boolean => {
    const onWritten = rest.find((argument) => typeof argument === 'function');
    if (waiting >= MAX_WRITES || stream.writableLength >= MAX_BYTES) {
      dropped++;
      // Synchronous: in a loop without a pause, scheduled callbacks would pile up in memory.
      onWritten?.();
      return false;
    }
    waiting++;
    const encoding = typeof rest[0] === 'string' ? rest[0] : undefined;
    return write(chunk, encoding, (error?: Error | null) => {
      waiting--;
      report();
      onWritten?.(error);
    });
  };
}
