// Helpers for tests of applications that use plugins. Independent of the test runner.
export { inEveryIsolation } from './in-every-isolation.js';
export { overridePlugin } from './override-plugin.js';
export type { ProviderOverrides } from './override-plugin.js';
export { pluginFromFunction } from './plugin-from-function.js';
export type { FunctionPlugin } from './plugin-from-function.js';
