// The one validated, typed configuration, through @nestjs/config. Nothing else in src reads process.env.
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
    readonly shutdownGraceMs: number;
    readonly maxAnswersTogether: number;
    readonly limits: {
      readonly keepAliveTimeoutMs: number;
      readonly headersTimeoutMs: number;
      readonly requestTimeoutMs: number;
      readonly maxHeaderBytes: number;
      readonly maxConnections: number;
      /** Both of one connection. */
      readonly maxInFlight: number;
      readonly maxRequests: number;
    };
  };
  readonly log: { readonly level: Settings['LOG_LEVEL']; readonly format: Settings['LOG_FORMAT'] };
  readonly cache: {
    readonly expirationMs: number;
    readonly timeoutMs: number;
    readonly plugin: {
      readonly path: string;
      readonly factoryName: string;
      readonly startTimeoutMs: number;
      readonly isolation: Settings['CACHE_PLUGIN_ISOLATION'];
      readonly integrity: string;
      readonly required: boolean;
      /** The only folder from which a swap loads; empty: there is no swap. */
      readonly directory: string;
    };
  };
  /** Empty: there are no admin routes. */
  readonly admin: { readonly token: string };
  readonly compute: { readonly workers: number; readonly timeoutMs: number; readonly maxWaitMs: number };
  readonly fibonacci: { readonly maxN: number };
  /** Whether an npm script is our parent. In an object of its own: @nestjs/config exports plain values to the environment. */
  readonly process: { readonly isRunByNpm: boolean };
  /** Every setting as it was written, or its default, secrets masked, by the names of their variables: for `using configuration`. */
  readonly settings: Readonly<Record<string, string>>;
  /** The whole environment with .env, from which a plugin gets the variables that its manifest names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Every problem of the configuration, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(`wrong configuration: ${problems.join('; ')}`, options);
  }
}

/** The command line, as far as it was understood, and what is wrong with the rest. */
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
  let ofEnvFile: readonly string[] = danglingEnvFile();
  const module = await ConfigModule.forRoot({
    isGlobal: true,
    cache: true,
    skipProcessEnv: true,
    parser: (bytes) => {
      const envFile = parseEnvFile(bytes);
      ofEnvFile = envFile.problems;
      return { ...envFile.values };
    },
    validate: (environment) => {
      config = toConfig(environment, { flags, problems }, ofEnvFile);
      return { ...config };
    },
  }).catch((error: unknown) => {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new ConfigError([...problems, `.env cannot be read (${error.message})`], { cause: error });
  });
  if (config === undefined) throw new Error('@nestjs/config did not validate');
  return { config, module };
}

/** A link to a file that is not there would be passed over as if there were no .env. */
function danglingEnvFile(): string[] {
  const isLink = lstatSync('.env', { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink && !existsSync('.env') ? ['.env is a link to a file that is not there, wanted a file or none'] : [];
}

/** Whether somebody asked for stacks, as far as it can be told before the configuration is valid. */
export function wantsStacks(flags: Readonly<Record<string, string>>): boolean {
  return /^(debug|trace)$/.test(flags['LOG_LEVEL'] ?? process.env['LOG_LEVEL'] ?? '');
}

function toConfig(
  environment: Readonly<Record<string, string | undefined>>,
  { flags, problems }: Flags,
  ofEnvFile: readonly string[],
): AppConfig {
  const given = { ...environment, ...flags };
  const result = settings.safeParse(given);
  if (!result.success || problems.length > 0 || ofEnvFile.length > 0) {
    const ofSettings = (result.error?.issues ?? []).map(({ path: [variable], message }) => {
      const info = settingInfos().find((one) => one.variable === variable);
      const name = info !== undefined && Object.hasOwn(flags, info.variable) ? `--${info.flag}` : String(variable);
      const shown = info?.isSecret ? 'not right (it is not shown)' : JSON.stringify(given[String(variable)]);
      return `${name} is ${shown}, ${message}`;
    });
    const help = problems.length > 0 ? ['--help lists the flags'] : [];
    throw new ConfigError([...problems, ...ofEnvFile, ...ofSettings, ...help]);
  }
  const values = result.data;
  return {
    http: {
      port: values.PORT,
      host: values.HOST,
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
    // The host says what is wrong with the URL.
    return '';
  }
}
