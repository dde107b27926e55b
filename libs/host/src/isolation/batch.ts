// Messages that cross together, as a list. A batch is never longer than a frame: it has few messages, and each is small.
import { isPlainObject } from '../calls/object-kinds.js';

/** Most messages in a batch. More would only let the other side wait for the first of them. */
export const MAX_BATCH = 16;
/** Of a message in a batch: most values, and most characters and bytes of them together, names included. */
const MAX_VALUES = 64;
const MAX_CHARS = 4_096;

/** Whether the message is small. What takes long to measure counts as large; that crosses alone. */
export function fitsInBatch(message: unknown): boolean {
  return roomAfter(message, { values: MAX_VALUES, chars: MAX_CHARS });
}

interface Room {
  values: number;
  chars: number;
}

/** Takes the room of a value. @returns whether there was enough */
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
    if (!roomAfter((value as Record<string, unknown>)[name], room)) return false;
  }
  return true;
}
