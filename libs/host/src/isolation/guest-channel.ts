// The guest's end of the channel to the host.
import { Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { CHANNEL_FD, encodeFrame, FrameReader } from './frames.js';
import type { FromGuest, Sent, ToGuest } from './protocol.js';
import { endGroup } from './watchdog.js';

export interface GuestChannel {
  /**
   * @param onSent called when the host can read the message even if this guest ends
   * @throws Error when the message cannot be cloned, or is too large
   */
  send(message: Sent<FromGuest>, onSent?: () => void): void;
  onMessage(listener: (message: Sent<ToGuest>) => void): void;
}

/** The channel of a worker. */
function channelOfPort(port: NonNullable<typeof parentPort>): GuestChannel {
  return {
    send: (message, onSent) => {
      port.postMessage(message);
      onSent?.();
    },
    onMessage: (listener) => void port.on('message', listener),
  };
}

/**
 * The channel of a process: a pipe that closes when the host ends. It may close before the watchdog's pipe, so the child processes
 * of the plugin are killed here too.
 */
function channelOfPipe(pipe: Socket): GuestChannel {
  pipe.on('error', () => {}).on('close', endGroup);
  return {
    send: (message, onSent) => {
      const [header, body] = encodeFrame(message);
      pipe.cork();
      pipe.write(header);
      pipe.write(body, onSent);
      pipe.uncork();
    },
    onMessage: (listener) => {
      const reader = new FrameReader({
        onMessage: (message) => listener(message as Sent<ToGuest>),
        onMalformed: () => process.exit(1),
      });
      pipe.on('data', (chunk: Buffer) => reader.push(chunk));
    },
  };
}

export function openChannel(): GuestChannel {
  return parentPort ? channelOfPort(parentPort) : channelOfPipe(new Socket({ fd: CHANNEL_FD }));
}
