// Limits of a batch, a list of messages that cross together. A batch of few, small messages always fits into a frame.
import { isPlainObject } from '../calls/object-kinds.js';

/** Most messages in a batch. A larger batch would delay its first message. */
export const MAX_BATCH = 16;
/** Limits of one message in a batch: number of values; characters and bytes of all values and names. */
const MAX_VALUES = 64;
const MAX_CHARS = 4_096;

/** Whether the message is small enough. A value that takes long to measure counts as large; a large message crosses alone. */
export function fitsInBatch(message: unknown): boolean {
  return roomAfter(message, { values: MAX_VALUES, chars: MAX_CHARS });
}

interface Room {
  values: number;
  chars: number;
}

/** Subtracts the size of the value from the room. @returns whether there was enough room */
function roomAfter(value: unknown, room: Room): boolean {
  if (--room.values < 0) return false;
  switch (typeof value) {
    case 'string':
      room.chars -= value.length;
      break;
    case 'object':
      if (value !== null && !roomAfterMembers(value, room)) return false;
      break;
    case 'bigint':
      return false;
    default:
  }
  return room.chars >= 0;
}

function roomAfterMembers(value: object, room: Room): boolean {
  if (Array.isArray(value)) return value.length <= room.values && value.every((entry) => roomAfter(entry, room));
  if (!isPlainObject(value)) return false;
  for (const name in value) {
    room.chars -= name.length;
    if (!roomAfter(value[name], room)) return false;
  }
  return true;
}
