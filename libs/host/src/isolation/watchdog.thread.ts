// The thread of the watchdog.
import { Socket } from 'node:net';
import { endGroup, HOST_PIPE } from './watchdog.js';

new Socket({ fd: HOST_PIPE, readable: true, writable: false })
  .on('error', () => {})
  .on('close', endGroup)
  .resume();
