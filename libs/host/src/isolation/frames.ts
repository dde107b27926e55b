// Messages as bytes on a pipe: four bytes of length, then the value as v8 serializes it. Nothing that arrives is trusted.
import { DefaultDeserializer, serialize } from 'node:v8';
import { MAX_PLAIN_SIZE, MAX_VALUES } from '../calls/plain-data.js';

/** The longest message, in bytes: any plain data fits, with two bytes for each character and 32 beside each value. */
export const MAX_FRAME_BYTES = 2 * MAX_PLAIN_SIZE + 32 * MAX_VALUES + 1_024 * 1_024;
/** The descriptor of the pipe in the guest's process. */
export const CHANNEL_FD = 3;
const HEADER_BYTES = 4;

/** @throws when the message cannot be cloned, or is longer than {@link MAX_FRAME_BYTES} */
export function encodeFrame(message: unknown): readonly [header: Buffer, body: Buffer] {
  const body = serialize(message);
  if (body.length > MAX_FRAME_BYTES) {
    throw new Error(`a message of ${body.length} bytes, wanted at most ${MAX_FRAME_BYTES}; send less at a time`);
  }
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32BE(body.length);
  return [header, body];
}

/** Documented for those who extend the class, but not in the types of Node. */
const readHostObject = Reflect.get(DefaultDeserializer.prototype, '_readHostObject') as () => unknown;

class MessageDeserializer extends DefaultDeserializer {
  read(): unknown {
    this.readHeader();
    return this.readValue();
  }

  /** Node gives views of the frame itself, or of its own pool of buffers: each gets a buffer of its own, as in a thread. */
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

/** Makes messages of bytes, however they arrive. */
export class FrameReader {
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private headerBytes = 0;
  /** Of the frame that has begun to arrive. */
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

  /** @returns where the bytes go on that were not read */
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
    // Not from the pool: the values of the message may share this memory.
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
      return this.malformed('bytes on its channel that are no message');
    }
    this.listener.onMessage(message);
  }

  private malformed(found: string): void {
    this.isMalformed = true;
    this.body = undefined;
    this.listener.onMalformed(found);
  }
}
