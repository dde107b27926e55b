// The memory plugin: fast, on one machine, gone with the process.
export { manifest } from './manifest.js';
export { Factory } from './memory-cache.js';
