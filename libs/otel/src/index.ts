// OpenTelemetry spans of plugin calls, from the channels of the host.
export { type TracePluginsOptions, tracePlugins } from './trace-plugins.js';
