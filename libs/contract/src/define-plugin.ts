// definePlugin: manifest and factory of a plugin, checked by the compiler against its contract.
import type { Contract } from './contract.js';
import type { PluginManifest } from './manifest.js';
import type { PluginContext, PluginFactory, PluginLogger } from './plugin.js';
import type { StandardSchema } from './standard-schema.js';

/** What `create` gets. */
export interface CreateContext<Config> extends PluginContext<Config> {
  /** Where the plugin logs. The host adds the plugin's name. */
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
/** Of each member of a union. */
type KeysOf<Input> = Input extends unknown ? keyof Input & string : never;

type Environment<Schema> = [KeysOf<InputOf<Schema>>] extends [never]
  ? { readonly config?: Schema; readonly env?: Readonly<Record<string, never>> }
  : {
      /** Checks and converts the variables of `env`: an object schema, or a union of them. */
      readonly config: Schema;
      /** Each variable of `config`. A `secret` one is masked wherever the host shows it. */
      readonly env: { readonly [Name in KeysOf<InputOf<Schema>>]-?: 'secret' | 'public' };
    };

/** What is written of a plugin, see {@link PluginManifest}. */
export type PluginDefinition<T extends object, Schema extends StandardSchema> = Environment<Schema> & {
  readonly name: string;
  readonly version: string;
  readonly permissions?: readonly string[];
  /** Makes the instance. It may be asynchronous; the start limit of the host bounds it. */
  create(context: CreateContext<OutputOf<Schema>>): NoInfer<T> | Promise<NoInfer<T>>;
};

/**
 * The two exports of a plugin.
 *
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
  { kind, version: contract }: Contract<T>,
  definition: PluginDefinition<T, Schema>,
): {
  readonly manifest: PluginManifest<OutputOf<Schema>>;
  readonly Factory: PluginFactory<T, OutputOf<Schema>>;
} {
  const { name, version, config, env = {}, permissions = [] } = definition;
  const named = (access: 'secret' | 'public'): string[] =>
    Object.entries(env).flatMap(([variable, its]) => (its === access ? [variable] : []));
  return {
    manifest: {
      kind,
      contract,
      name,
      version,
      config: config as PluginManifest<OutputOf<Schema>>['config'],
      env: named('public'),
      secrets: named('secret'),
      permissions,
    },
    Factory: (log, context) => definition.create({ ...context, log }),
  };
}
