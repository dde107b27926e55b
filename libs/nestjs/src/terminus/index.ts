// Health checks for all plugins of an application. Needs @nestjs/terminus.
export { PluginHealthIndicator } from './plugin-health.indicator.js';
export type { PluginHealthOptions } from './plugin-health.indicator.js';
