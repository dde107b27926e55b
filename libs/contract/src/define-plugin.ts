// Manifest and factory of a plugin, checked by the compiler against its contract.
import type { Contract } from './contract.js';
import type { PluginManifest } from './manifest.js';
import type { PluginContext, PluginFactory, PluginLogger } from './plugin.js';
import type { StandardSchema } from './standard-schema.js';

/** The argument of a plugin's `create`. */
export interface CreateContext<Config> extends PluginContext<Config> {
  /** Logger of the plugin. The host adds the plugin's name to each line. */
  readonly log: PluginLogger;
}

type InputOf<Schema> = Schema extends {
  readonly '~standard': { readonly types?: { readonly input: infer Input } | undefined };
}
  ? Input
  : never;
type OutputOf<Schema> = Schema extends {
  readonly '~standard': { readonly types?: { readonly output: infer Output } | undefined };
}
  ? Output
  : never;
/** The keys of every member of a union. */
type KeysOf<Input> = Input extends unknown ? keyof Input & string : never;

type Environment<Schema> = [KeysOf<InputOf<Schema>>] extends [never]
  ? { readonly config?: Schema; readonly env?: Readonly<Record<string, never>> }
  : {
      /** Schema that validates and converts the variables of `env`: an object schema, or a union of object schemas. */
      readonly config: Schema;
      /** Every variable of `config`. The host masks the value of a `secret` variable in errors, status and log. */
      readonly env: { readonly [Name in KeysOf<InputOf<Schema>>]-?: 'secret' | 'public' };
    };

/** The second argument of {@link definePlugin}. See {@link PluginManifest} for the meaning of the fields. */
export type PluginDefinition<T extends object, Schema extends StandardSchema> = Environment<Schema> & {
  /** Name of the plugin, in log lines and status. At most 200 characters. */
  readonly name: string;
  /** Version of the plugin itself, for the status. */
  readonly version: string;
  /** Permissions that the plugin needs in a worker or a process. See {@link PluginManifest.permissions}. @default none */
  readonly permissions?: readonly string[];
  /** Tracing channels of the plugin's libraries. See {@link PluginManifest.telemetry}. @default none */
  readonly telemetry?: readonly string[];
  /** Creates the instance, synchronously or not, within the start limit of the host. */
  create(context: CreateContext<OutputOf<Schema>>): NoInfer<T> | Promise<NoInfer<T>>;
};

/**
 * Creates the two exports of a plugin file.
 *
 * @param contract the contract that the plugin implements
 * @param definition name, version, configuration, permissions and `create` of the plugin
 * @example
 * export const { manifest, Factory } = definePlugin(MAILER, {
 *   name: 'smtp',
 *   version: '1.0.0',
 *   config: z.object({ SMTP_URL: z.url() }),
 *   env: { SMTP_URL: 'secret' },
 *   permissions: ['net'],
 *   create: ({ config, log }) => new SmtpMailer(config.SMTP_URL, log),
 * });
 */
export function definePlugin<
  T extends object,
  Schema extends StandardSchema = StandardSchema<object, Record<string, never>>,
>(
  contract: Contract<T>,
  definition: PluginDefinition<T, Schema>,
): {
  /** Export it as `manifest`. */
  readonly manifest: PluginManifest<OutputOf<Schema>>;
  /** Export it as `Factory`. */
  readonly Factory: PluginFactory<T, OutputOf<Schema>>;
} {
  const { name, version, config, env = {}, permissions = [], telemetry = [] } = definition;
  const variables = (wanted: 'secret' | 'public'): string[] =>
    Object.entries(env).flatMap(([variable, access]) => (access === wanted ? [variable] : []));
  return {
    manifest: {
      kind: contract.kind,
      contract: contract.version,
      name,
      version,
      config: config as PluginManifest<OutputOf<Schema>>['config'],
      env: variables('public'),
      secrets: variables('secret'),
      permissions,
      telemetry,
    },
    Factory: (log, context) => definition.create({ ...context, log }),
  };
}
