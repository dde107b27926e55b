// Contracts between plugins and hosts. Imports nothing at run time.
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
export type {
  SchemaFailure,
  SchemaIssue,
  SchemaPathSegment,
  SchemaResult,
  SchemaSuccess,
  StandardSchema,
} from './standard-schema.js';
