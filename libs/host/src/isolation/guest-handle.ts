// A guest, seen from the host: messages, output, its end. What a worker and a process have in common.
import { withDeadline } from '../calls/deadline.js';
import type { OutputListener } from './guest-output.js';
import type { Sent, ToGuest } from './protocol.js';

export interface GuestListener extends OutputListener {
  /** Anything: the guest is not trusted. */
  onMessage(message: unknown): void;
  /** Bytes or an event on the channel that no message can be made of. */
  onMalformed(found: string): void;
  /** Called once. @param how in words */
  onEnd(how: string): void;
  /** The guest did not end by force in time. It is left to itself: nothing waits for it, or listens to it. */
  onAbandon(): void;
}

export interface GuestHandle {
  /** Does nothing after the guest's end. @throws when the message cannot be cloned, or is too large */
  send(message: Sent<ToGuest>): void;
  /** Ends the guest by force. Resolves when it has ended, at the latest after {@link KILL_LIMIT_MS}. */
  kill(): Promise<void>;
}

/** How long an end by force may take, in milliseconds. A thread in a system call or in native code does not end. */
const KILL_LIMIT_MS = 1_000;

/** @returns whether a guest that was told to end has ended in time */
export async function endsInTime(ended: Promise<void>): Promise<boolean> {
  return await withDeadline(KILL_LIMIT_MS, async () => await ended).then(
    () => true,
    () => false,
  );
}
