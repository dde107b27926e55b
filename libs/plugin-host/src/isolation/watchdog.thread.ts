// The thread of the watchdog.
import { Socket } from 'node:net';
import { HOST_PIPE } from './watchdog.js';

new Socket({ fd: HOST_PIPE, readable: true, writable: false })
  .on('error', () => {})
  .on('close', () => process.kill(process.pid, 'SIGKILL'))
  .resume();
