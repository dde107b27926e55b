// Frames on a pipe: a length of four bytes, then the message as serialized by V8. Received bytes are not trusted.
import { DefaultDeserializer, serialize } from 'node:v8';
import { MAX_PLAIN_SIZE, MAX_VALUES } from '../calls/copying.js';

/** Longest message, in bytes. All plain data fits: two bytes for each character and 32 for each value. */
export const MAX_FRAME_BYTES = 2 * MAX_PLAIN_SIZE + 32 * MAX_VALUES + 1_024 * 1_024;
/** File descriptor of the pipe in the guest process. */
export const CHANNEL_FD = 3;
const HEADER_BYTES = 4;

/** @throws Error when the message cannot be cloned, or is longer than {@link MAX_FRAME_BYTES} */
export function encodeFrame(message: unknown): readonly [header: Buffer, body: Buffer] {
  const body = serialize(message);
  if (body.length > MAX_FRAME_BYTES) {
    throw new Error(`a message of ${body.length} bytes, wanted at most ${MAX_FRAME_BYTES}; send less at a time`);
  }
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32BE(body.length);
  return [header, body];
}

/** A documented extension point that is missing in the types of Node. */
const readHostObject = Reflect.get(DefaultDeserializer.prototype, '_readHostObject') as () => unknown;

class MessageDeserializer extends DefaultDeserializer {
  read(): unknown {
    this.readHeader();
    return this.readValue();
  }

  /** Node returns views of the frame or of its buffer pool. Each view is copied to its own buffer, as in a worker. */
  _readHostObject(): unknown {
    const view = readHostObject.call(this);
    if (!ArrayBuffer.isView(view)) return view;
    const { buffer, byteOffset, byteLength } = view;
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
    return Buffer.isBuffer(view) ? new Uint8Array(bytes) : Reflect.construct(view.constructor, [bytes]);
  }
}

export interface FrameListener {
  onMessage(message: unknown): void;
  /** Called once; nothing is read afterwards. */
  onMalformed(found: string): void;
}

/** Assembles messages from chunks of any size. */
export class FrameReader {
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private headerBytes = 0;
  /** Body of the incomplete frame. */
  private body: Buffer | undefined;
  private bodyBytes = 0;
  private isMalformed = false;

  constructor(private readonly listener: FrameListener) {}

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.isMalformed) {
      at = this.body === undefined ? this.readHeader(chunk, at) : this.readBody(chunk, at, this.body);
    }
  }

  /** @returns index of the first unread byte */
  private readHeader(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.header, this.headerBytes, at);
    const bodyAt = at + copied;
    this.headerBytes += copied;
    if (this.headerBytes < HEADER_BYTES) return bodyAt;
    this.headerBytes = 0;
    const length = this.header.readUInt32BE();
    if (length === 0 || length > MAX_FRAME_BYTES) {
      this.malformed(`a frame of ${length} bytes on its channel`);
      return bodyAt;
    }
    if (chunk.length >= bodyAt + length) {
      this.deliver(chunk.subarray(bodyAt, bodyAt + length));
      return bodyAt + length;
    }
    // Not from the buffer pool: the values of the message may share this memory.
    this.body = Buffer.allocUnsafeSlow(length);
    this.bodyBytes = 0;
    return bodyAt;
  }

  private readBody(chunk: Buffer, at: number, body: Buffer): number {
    const copied = chunk.copy(body, this.bodyBytes, at);
    this.bodyBytes += copied;
    if (this.bodyBytes === body.length) {
      this.body = undefined;
      this.deliver(body);
    }
    return at + copied;
  }

  private deliver(frame: Buffer): void {
    let message: unknown;
    try {
      message = new MessageDeserializer(frame).read();
    } catch {
      return this.malformed('bytes on its channel that are not a message');
    }
    this.listener.onMessage(message);
  }

  private malformed(found: string): void {
    this.isMalformed = true;
    this.body = undefined;
    this.listener.onMalformed(found);
  }
}
