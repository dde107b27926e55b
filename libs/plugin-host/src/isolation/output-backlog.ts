// In a thread, output that the host has not read yet waits in the memory of both: what is too much is dropped where it is written.
import type { Writable } from 'node:stream';

/** Most bytes that wait. */
const MAX_BYTES = 1_024 * 1_024;

type Write = (chunk: Uint8Array | string, ...rest: unknown[]) => boolean;

/** Drops writes while too many bytes wait, and writes how many were dropped when they have gone. */
export function boundBacklog(stream: Writable): void {
  const write = stream.write.bind(stream) as Write;
  let dropped = 0;
  stream.on('drain', () => {
    if (dropped === 0) return;
    const lost = dropped;
    dropped = 0;
    write(`${lost} writes of output dropped: they came faster than they could be read\n`);
  });
  stream.write = (chunk: Uint8Array | string, ...rest: unknown[]): boolean => {
    if (stream.writableLength < MAX_BYTES) return write(chunk, ...rest);
    dropped++;
    const written = rest.find((argument) => typeof argument === 'function');
    if (written) process.nextTick(written);
    return false;
  };
}
