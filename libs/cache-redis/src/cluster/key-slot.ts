// The slot of a key: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model
import { SLOTS } from './slots.js';

/** CRC-16/XMODEM of each byte. */
const CRCS = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0);
  return crc;
});

/** Own code, because cluster-key-slot 1.1 takes `b` for the tag of `a{}b}`, which has none, and hashes lone surrogates wrongly. */
export function keySlot(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(hashed(key))) crc = ((crc << 8) & 0xffff) ^ (CRCS[(crc >> 8) ^ byte] ?? 0);
  return crc % SLOTS;
}

/** Whether a prefix decides about the slot: all keys with it have the same one. */
export function hasTag(prefix: string): boolean {
  return hashed(prefix) !== prefix;
}

/** The tag between the first `{` and the next `}`, unless it is empty; otherwise the key. */
function hashed(key: string): string {
  const start = key.indexOf('{') + 1;
  const end = key.indexOf('}', start);
  return start > 0 && end > start ? key.slice(start, end) : key;
}
