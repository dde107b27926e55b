// Run-time plugins for Nest: what any module whose provider is a plugin needs.
export { nestPluginLogger } from './nest-plugin-logger.js';
