// The guest's end of the channel, in a separate process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isRunning } from '../../../../test/support/children.js';
import { eventually } from '../../../../test/support/eventually.js';
import { CHANNEL_FD } from './frames.js';

const GUEST = fileURLToPath(new URL('../../dist/isolation/guest.js', import.meta.url));

it.skipIf(process.platform === 'win32')(
  'kills the child processes of a plugin when the channel closes, even if the watchdog is late',
  async () => {
    // The pipe of the watchdog stays open.
    const guest = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec "$0" "$1"', process.execPath, GUEST], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore', 'pipe', 'pipe'],
    });
    const ended = once(guest, 'exit');
    try {
      const [line] = (await once(createInterface(guest.stdout as Readable), 'line')) as [string];
      const child = Number(line);
      const channel = guest.stdio[CHANNEL_FD] as Socket;
      await once(channel, 'data');
      expect(isRunning(child)).toBe(true);
      channel.destroy();
      await eventually('the end of the child', () => !isRunning(child));
    } finally {
      killGroup(Number(guest.pid));
      await ended;
    }
  },
);

/** The remaining processes of a group. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // No process is left.
  }
}
