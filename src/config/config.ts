// The validated, typed configuration, loaded with @nestjs/config. No other file in src reads process.env.
import { existsSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { parseEnvFile } from './env-file.js';
import { type Settings, settingInfos, settings } from './settings.js';

export interface AppConfig {
  readonly http: {
    readonly port: number;
    readonly host: string;
    readonly shutdownDelayMs: number;
    readonly shutdownGraceMs: number;
    readonly maxAnswersTogether: number;
    readonly limits: {
      readonly keepAliveTimeoutMs: number;
      readonly headersTimeoutMs: number;
      readonly requestTimeoutMs: number;
      readonly maxHeaderBytes: number;
      readonly maxConnections: number;
      /** Both per connection. */
      readonly maxInFlight: number;
      readonly maxRequests: number;
    };
  };
  readonly log: { readonly level: Settings['LOG_LEVEL']; readonly format: Settings['LOG_FORMAT'] };
  readonly cache: {
    readonly expirationMs: number;
    readonly timeoutMs: number;
    readonly lease: { readonly isOn: boolean; readonly minCostMs: number };
    readonly plugin: {
      readonly path: string;
      readonly factoryName: string;
      readonly startTimeoutMs: number;
      readonly isolation: Settings['CACHE_PLUGIN_ISOLATION'];
      readonly integrity: string;
      readonly required: boolean;
      /** The only folder from which a swap may load. Empty: swaps are not possible. */
      readonly directory: string;
    };
  };
  readonly metrics: { readonly isOn: boolean };
  readonly events: { readonly isOn: boolean; readonly maxClients: number };
  readonly playground: { readonly isOn: boolean };
  readonly docs: { readonly isOn: boolean };
  /** Empty: without the admin routes. */
  readonly admin: { readonly token: string };
  readonly compute: { readonly workers: number; readonly timeoutMs: number; readonly maxWaitMs: number };
  readonly fibonacci: { readonly maxN: number };
  /** Whether the parent process is an npm script. In a nested object, because @nestjs/config exports top-level values to the environment. */
  readonly process: { readonly isRunByNpm: boolean };
  /** The text of every setting by the name of its variable, with defaults and masked secrets, for `using configuration`. */
  readonly settings: Readonly<Record<string, string>>;
  /** The whole environment with .env. A plugin gets the variables that its manifest names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** All problems of the configuration in one message. */
class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(`wrong configuration: ${problems.join('; ')}`, options);
  }
}

/** The flags of the command line, and the problems of the rest. */
export interface Flags {
  readonly flags: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/**
 * Reads flags, environment and .env, in this order of precedence.
 * @throws ConfigError with all problems in one list
 */
export async function loadConfig({
  flags,
  problems,
}: Flags): Promise<{ readonly config: AppConfig; readonly module: DynamicModule }> {
  let config: AppConfig | undefined;
  let envFileProblems: readonly string[] = danglingEnvFile();
  const module = await ConfigModule.forRoot({
    isGlobal: true,
    cache: true,
    skipProcessEnv: true,
    parser: (bytes) => {
      const envFile = parseEnvFile(bytes);
      envFileProblems = envFile.problems;
      return { ...envFile.values };
    },
    validate: (environment) => {
      config = toConfig(environment, { flags, problems }, envFileProblems);
      return { ...config };
    },
  }).catch((error: unknown) => {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new ConfigError([...problems, `.env cannot be read (${error.message})`], { cause: error });
  });
  if (config === undefined) throw new Error('@nestjs/config did not validate');
  return { config, module };
}

/** @nestjs/config would ignore a dangling link. */
function danglingEnvFile(): string[] {
  const isLink = lstatSync('.env', { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink && !existsSync('.env') ? ['.env is a link to a missing file, wanted a file or no .env'] : [];
}

/** Whether error stacks are wanted, according to the unvalidated log level. */
export function wantsStacks(flags: Readonly<Record<string, string>>): boolean {
  return /^(debug|trace)$/.test(flags['LOG_LEVEL'] ?? process.env['LOG_LEVEL'] ?? '');
}

/** Sets the variables with this prefix, also those of .env, for a library that reads them itself. */
export function exportVariables(environment: AppConfig['environment'], prefix: string): void {
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith(prefix) && value !== undefined) process.env[name] = value;
  }
}

function toConfig(
  environment: Readonly<Record<string, string | undefined>>,
  { flags, problems }: Flags,
  envFileProblems: readonly string[],
): AppConfig {
  const given = { ...environment, ...flags };
  const result = settings.safeParse(given);
  if (!result.success || problems.length > 0 || envFileProblems.length > 0) {
    const settingProblems = (result.error?.issues ?? []).map(({ path: [variable], message }) => {
      const info = settingInfos().find((one) => one.variable === variable);
      const name = info !== undefined && Object.hasOwn(flags, info.variable) ? `--${info.flag}` : String(variable);
      const shown = info?.isSecret ? 'wrong (the value is secret)' : JSON.stringify(given[String(variable)]);
      return `${name} is ${shown}, ${message}`;
    });
    const help = problems.length > 0 ? ['--help lists the flags'] : [];
    throw new ConfigError([...problems, ...envFileProblems, ...settingProblems, ...help]);
  }
  const values = result.data;
  return {
    http: {
      port: values.PORT,
      host: values.HOST,
      shutdownDelayMs: values.SHUTDOWN_DELAY,
      shutdownGraceMs: values.SHUTDOWN_GRACE,
      maxAnswersTogether: values.HTTP_MAX_ANSWERS_TOGETHER,
      limits: {
        keepAliveTimeoutMs: values.HTTP_KEEP_ALIVE_TIMEOUT,
        headersTimeoutMs: values.HTTP_HEADERS_TIMEOUT,
        requestTimeoutMs: values.HTTP_REQUEST_TIMEOUT,
        maxHeaderBytes: values.HTTP_MAX_HEADER_BYTES,
        maxConnections: values.HTTP_MAX_CONNECTIONS,
        maxInFlight: values.HTTP_MAX_IN_FLIGHT_PER_CONNECTION,
        maxRequests: values.HTTP_MAX_REQUESTS_PER_CONNECTION,
      },
    },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    cache: {
      expirationMs: values.CACHE_EXPIRATION,
      timeoutMs: values.CACHE_TIMEOUT,
      lease: { isOn: values.CACHE_LEASE === 'on', minCostMs: values.LEASE_MIN_COST },
      plugin: {
        path: values.CACHE_PLUGIN_PATH,
        factoryName: values.CACHE_PLUGIN_FACTORY_NAME,
        startTimeoutMs: values.CACHE_PLUGIN_START_TIMEOUT,
        isolation: values.CACHE_PLUGIN_ISOLATION,
        integrity: values.CACHE_PLUGIN_INTEGRITY,
        required: values.CACHE_PLUGIN_REQUIRED === 'true',
        directory: values.CACHE_PLUGIN_DIR || folderOf(values.CACHE_PLUGIN_PATH),
      },
    },
    metrics: { isOn: values.METRICS === 'on' },
    events: { isOn: values.EVENTS === 'on', maxClients: values.EVENTS_MAX_CLIENTS },
    playground: { isOn: values.PLAYGROUND === 'on' },
    docs: { isOn: values.DOCS === 'on' },
    admin: { token: values.ADMIN_TOKEN },
    compute: {
      workers: values.COMPUTE_WORKERS,
      timeoutMs: values.COMPUTE_TIMEOUT,
      maxWaitMs: values.COMPUTE_MAX_WAIT,
    },
    fibonacci: { maxN: values.FIB_MAX_N },
    process: { isRunByNpm: environment['npm_lifecycle_event'] !== undefined },
    settings: Object.fromEntries(
      settingInfos().map(({ variable, fallback, isSecret }) => {
        const value = given[variable] || fallback;
        return [variable, isSecret && value !== '' ? '***' : value];
      }),
    ),
    environment,
  };
}

function folderOf(pluginPath: string): string {
  if (pluginPath === '') return '';
  try {
    return dirname(pluginPath.startsWith('file:') ? fileURLToPath(pluginPath) : pluginPath);
  } catch {
    // The host reports the invalid URL.
    return '';
  }
}
