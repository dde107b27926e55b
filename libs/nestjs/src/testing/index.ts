// Recipes for the tests of an application that uses plugins. Independent of the test runner.
export { inEveryIsolation } from './in-every-isolation.js';
export { overridePlugin } from './override-plugin.js';
export { pluginFromFunction } from './plugin-from-function.js';
