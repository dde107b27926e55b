// HTTP routes that list, show and swap plugins, and error responses for failures of plugins.
export { bearerToken } from './bearer-token.guard.js';
export { PluginAdminController } from './plugin-admin.controller.js';
export { PluginProblemException } from './plugin-problem.exception.js';
export type { PluginProblem } from './plugin-problem.exception.js';
export { PluginProblemFilter } from './plugin-problem.filter.js';
export type { CaughtPluginError } from './plugin-problem.filter.js';
