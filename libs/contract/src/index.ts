// What any plugin and any host agree on. Imports nothing at run time.
export { adapter, defineContract } from './contract.js';
export type {
  Adapter,
  AnswerCheck,
  CallOptions,
  Contract,
  ContractDescription,
  HostSide,
  Lifecycle,
  MethodRule,
} from './contract.js';
export { definePlugin } from './define-plugin.js';
export type { CreateContext, PluginDefinition } from './define-plugin.js';
export type { PluginManifest } from './manifest.js';
export type { PluginContext, PluginFactory, PluginLogger } from './plugin.js';
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.js';
