// Every plugin of an application in its health checks. Needs @nestjs/terminus.
export { PluginHealthIndicator } from './plugin-health.indicator.js';
export type { PluginHealthOptions } from './plugin-health.indicator.js';
