// The lower bound for calls of an isolated plugin: a thread or process that only sends back its messages.
import { parentPort } from 'node:worker_threads';

if (parentPort) parentPort.on('message', (message) => parentPort?.postMessage(message));
else process.on('message', (message) => process.send?.(message));
