// The host's view of a guest, common to workers and processes: messages, output and end.
import { withDeadline } from '../calls/deadline.js';
import type { OutputListener } from './guest-output.js';
import type { Sent, ToGuest } from './protocol.js';

export interface GuestListener extends OutputListener {
  /** @param message any value: the guest is not trusted */
  onMessage(message: unknown): void;
  /** Called for bytes or an event on the channel that is not a message. */
  onMalformed(found: string): void;
  /** Called once, when the guest has ended. @param how description of the end */
  onEnd(how: string): void;
  /** Called when the guest could not be killed in time. The host no longer waits for it or reads from it. */
  onAbandon(): void;
}

export interface GuestHandle {
  /** Has no effect after the guest's end. @throws Error when the message cannot be cloned, or is too large */
  send(message: Sent<ToGuest>): void;
  /** Kills the guest. Resolves when it has ended, at the latest after {@link KILL_LIMIT_MS}. */
  kill(): Promise<void>;
}

/** Longest wait for the end of a killed guest, in milliseconds. A thread in a system call or in native code does not end. */
const KILL_LIMIT_MS = 1_000;

/** @returns whether a killed guest has ended in time */
export async function endsInTime(ended: Promise<void>): Promise<boolean> {
  return await withDeadline(KILL_LIMIT_MS, async () => await ended).then(
    () => true,
    () => false,
  );
}
