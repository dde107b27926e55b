// The server that a connection looks for.
import { type ServerAddress, textOf } from '../config/server-address.js';
import type { RedisError } from './reply-errors.js';

export interface Target {
  /** The name in errors and in the log, until an address is found. */
  readonly name: string;
  /**
   * Finds the address before each attempt to connect.
   * @param signal aborted when the connection is closed
   * @throws any error; the search is repeated
   */
  readonly locate: (signal: AbortSignal) => Promise<ServerAddress>;
  /** The meaning of an error reply for this kind of server. @default the same for all */
  readonly errorOf?: (reply: string) => RedisError | undefined;
  /** Whether the failure means that another server has taken this one's place: the connection looks for it. @default never */
  readonly isReplaced?: (failure: RedisError) => boolean;
  /** Longest reply of several elements, in bytes. @default that of one value */
  readonly maxReplyBytes?: number;
  readonly onUsable?: () => void;
  readonly onLost?: () => void;
}

/** The name of a target whose address is known: `mymaster (127.0.0.1:6379)`. */
export function nameAt({ name }: Target, address: ServerAddress): string {
  const text = textOf(address);
  return name === text ? text : `${name} (${text})`;
}
