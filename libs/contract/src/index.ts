// What any plugin and any host agree on. Imports nothing at run time.
export { defineContract } from './contract.js';
export type { Contract, MethodRule } from './contract.js';
export type { ConfigIssue, ConfigResult, ConfigSchema, PluginManifest } from './manifest.js';
export type { PluginCall, PluginContext, PluginFactory, PluginLogger } from './plugin.js';
