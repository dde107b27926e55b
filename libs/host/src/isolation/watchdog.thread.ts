// The watchdog thread: kills the guest's process group when the pipe of the host closes.
import { Socket } from 'node:net';
import { endGroup, HOST_PIPE } from './watchdog.js';

new Socket({ fd: HOST_PIPE, readable: true, writable: false })
  .on('error', () => {})
  .on('close', endGroup)
  .resume();
