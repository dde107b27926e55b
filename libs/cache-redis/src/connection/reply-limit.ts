// Limits each reply in bytes while it arrives, before ioredis buffers it, and refuses other protocols.

/** Code of the error reply that replaces a value above the limit. The text after it is the length of the value in bytes. */
export const VALUE_TOO_LARGE = 'VALUETOOLARGE';

/** The longest value that is read to its end to keep the connection, in bytes. 70 ms at 1 Gbit/s. */
const WORTH_DROPPING_BYTES = 8 * 1024 * 1024;
/** Allowance for a reply besides one value, in bytes: the text of an error, the answer to HELLO. */
const OVERHEAD_BYTES = 4_096;
/** Longest header of a string or an aggregate, for example `$104857600\r\n`, in bytes. */
const LONGEST_HEADER_BYTES = 32;
/** The shortest element is `_\r\n`. */
const SHORTEST_ELEMENT_BYTES = 3;

const codesOf = (types: string): ReadonlySet<number> => new Set(Buffer.from(types));
/** The types of RESP 2 and 3 by their first byte: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
const LINES = codesOf('+-:,#(_');
const STRINGS = codesOf('$=!');
const AGGREGATES = codesOf('*~>%');
const [MAP] = codesOf('%');
const LF = 0x0a;
const NOTHING = Buffer.alloc(0);

/** The bytes are not a reply, or the reply is too long. The connection must be closed. */
export class UnreadableReply extends Error {
  override readonly name = 'UnreadableReply';
}

/**
 * Follows the replies of one connection. An error reply ({@link VALUE_TOO_LARGE}) replaces a string above the limit at once.
 * The string is dropped while it arrives, so that later replies are kept. A very long string ends the connection.
 */
export class ReplyLimit {
  /** Whether a string is arriving that would delay later replies for too long: the connection must be replaced. */
  isHeldUp = false;
  /** The incomplete header of an element. */
  private held: Buffer = NOTHING;
  /** Bytes of a string that are still missing, with its line end. */
  private stringBytes = 0;
  private isDropping = false;
  private isInLine = false;
  /** Missing elements of the current reply, and its bytes so far. */
  private elements = 1;
  private replyBytes = 0;

  private readonly maxReplyBytes: number;

  /**
   * @param maxValueBytes the longest string that passes, in bytes
   * @param maxReplyBytes the longest reply of several elements, in bytes; never less than one value needs. @default the least
   */
  constructor(
    private readonly maxValueBytes: number,
    maxReplyBytes = 0,
  ) {
    this.maxReplyBytes = Math.max(maxValueBytes + OVERHEAD_BYTES, maxReplyBytes);
  }

  /**
   * @returns the bytes that ioredis may read, in order
   * @throws UnreadableReply
   */
  pass(bytes: Buffer): Buffer[] {
    const chunk = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes]);
    this.held = NOTHING;
    const passed: Buffer[] = [];
    /** Start of the bytes that pass unchanged. */
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.stringBytes > 0) {
        at = this.readString(chunk, at);
        if (this.isDropping) from = at;
        if (this.stringBytes === 0) this.endElement();
      } else if (this.isInLine) {
        at = this.readLine(chunk, at);
      } else if (LINES.has(chunk[at] ?? 0)) {
        this.isInLine = true;
      } else {
        const start = at;
        at = this.readHeader(chunk, start);
        if (at === 0) {
          this.held = chunk.subarray(start);
          passed.push(chunk.subarray(from, start));
          return passed;
        }
        if (this.isDropping) {
          passed.push(chunk.subarray(from, start), Buffer.from(`-${VALUE_TOO_LARGE} ${this.stringBytes - 2}\r\n`));
          from = at;
        }
      }
    }
    if (from < chunk.length) passed.push(from === 0 ? chunk : chunk.subarray(from));
    return passed;
  }

  private readString(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.stringBytes);
    this.stringBytes -= end - at;
    return end;
  }

  private readLine(chunk: Buffer, at: number): number {
    const lineEnd = chunk.indexOf(LF, at);
    const end = lineEnd === -1 ? chunk.length : lineEnd + 1;
    this.count(end - at);
    if (lineEnd !== -1) {
      this.isInLine = false;
      this.endElement();
    }
    return end;
  }

  /** @returns the end of the header; 0 when the header is incomplete */
  private readHeader(chunk: Buffer, start: number): number {
    const type = chunk[start] ?? 0;
    if (!STRINGS.has(type) && !AGGREGATES.has(type)) throw noReply(chunk.subarray(start));
    const lineEnd = chunk.indexOf(LF, start);
    if ((lineEnd === -1 ? chunk.length : lineEnd) - start > LONGEST_HEADER_BYTES) throw noReply(chunk.subarray(start));
    if (lineEnd === -1) return 0;
    const length = lengthIn(chunk, start + 1, lineEnd);
    this.count(lineEnd + 1 - start);
    if (STRINGS.has(type)) this.beginString(length);
    else this.beginAggregate(type === MAP ? 2 * length : length);
    return lineEnd + 1;
  }

  private beginString(length: number): void {
    if (length < 0) {
      this.endElement();
      return;
    }
    this.stringBytes = length + 2;
    this.isDropping = length > this.maxValueBytes;
    this.isHeldUp ||= this.isDropping && length > WORTH_DROPPING_BYTES;
    if (!this.isDropping) this.count(length);
  }

  private beginAggregate(length: number): void {
    const elements = Math.max(0, length);
    if (elements * SHORTEST_ELEMENT_BYTES > this.maxReplyBytes) throw this.tooLong();
    this.elements += elements;
    this.endElement();
  }

  private endElement(): void {
    this.isDropping = false;
    this.elements -= 1;
    if (this.elements > 0) return;
    this.elements = 1;
    this.replyBytes = 0;
  }

  private count(bytes: number): void {
    this.replyBytes += bytes;
    if (this.replyBytes > this.maxReplyBytes) throw this.tooLong();
  }

  private tooLong(): UnreadableReply {
    return new UnreadableReply(`it sends a reply of more than ${this.maxReplyBytes} bytes`);
  }
}

/** The number of `$<length>\r\n`. */
function lengthIn(chunk: Buffer, from: number, lineEnd: number): number {
  const text = chunk.toString('latin1', from, lineEnd - 1);
  if (!/^(-1|\d{1,15})$/.test(text)) throw noReply(chunk.subarray(from));
  return Number(text);
}

const ADDRESSES = 'REDIS_ADDR, REDIS_URL, REDIS_CLUSTER or REDIS_SENTINELS';
const TLS_ON = 'set REDIS_TLS=true, or rediss:// in REDIS_URL; for a Sentinel, REDIS_SENTINEL_TLS=true';

function noReply(bytes: Buffer): UnreadableReply {
  return new UnreadableReply(`${protocolOf(bytes)}; wanted the port of a Redis server: correct ${ADDRESSES}`);
}

/** The protocol of the peer, from its first bytes. Their text is not shown: it may be part of a value. */
function protocolOf(bytes: Buffer): string {
  if (bytes.toString('latin1', 0, 5).startsWith('HTTP/'.slice(0, bytes.length))) return 'it speaks HTTP';
  // A TLS alert or handshake (https://www.rfc-editor.org/rfc/rfc8446#section-5.1).
  if (bytes[0] === 0x15 || bytes[0] === 0x16) return `it speaks TLS (${TLS_ON})`;
  return 'it does not speak the Redis protocol';
}
