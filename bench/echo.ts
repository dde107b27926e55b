// What a call of an isolated plugin is compared with: a thread or a process that sends back all it gets, and does nothing else.
import { parentPort } from 'node:worker_threads';

if (parentPort) parentPort.on('message', (message) => parentPort?.postMessage(message));
else process.on('message', (message) => process.send?.(message));
