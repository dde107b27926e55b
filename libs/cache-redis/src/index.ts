// The Redis plugin: shared by all processes that use the same server.
export { manifest } from './manifest.js';
export { Factory } from './redis-cache.js';
