// Routes that list, show and swap plugins, and what clients are told of a plugin's failure.
export { bearerToken } from './bearer-token.guard.js';
export { PluginAdminController } from './plugin-admin.controller.js';
export { PluginProblemException } from './plugin-problem.exception.js';
export type { PluginProblem } from './plugin-problem.exception.js';
export { PluginProblemFilter } from './plugin-problem.filter.js';
