// Every setting of the application: its variable, its flag, its default, what it accepts. Each default is written here only.
import { availableParallelism } from 'node:os';
import { ISOLATIONS } from '@pluggable/nestjs';
import * as z from 'zod';
import { durationMs } from './duration.js';

/** What --help and the errors say of a setting. */
export interface SettingInfo {
  readonly help: string;
  readonly flag?: string;
  /** The text that counts when the setting is unset or empty. */
  readonly fallback: string;
  /** What to call a fallback that is empty or depends on the machine. @default the fallback itself */
  readonly shownDefault?: string;
  /** Whether its value is masked wherever it could be shown. */
  readonly isSecret?: true;
}

/** A longer delay would overflow Node's timers. */
const MAX_DELAY_MS = 2 ** 31 - 1;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const LOG_FORMATS = ['json', 'pretty'] as const;

/** A setting as text; unset and empty mean its default. */
function setting<Value>(type: z.ZodType<Value, string>, info: SettingInfo) {
  return z.preprocess((text) => (text === undefined || text === '' ? info.fallback : text), type).meta({ ...info });
}

function wholeNumber(min: number, max: number) {
  const wanted = `wanted a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^(0|[1-9]\d*)$/, wanted)
    .transform(Number)
    .refine((value) => value >= min && value <= max, wanted);
}

function duration() {
  return z.string().transform((text, context) => {
    const ms = durationMs(text);
    if (ms !== undefined && Number.isInteger(ms) && ms >= 1 && ms <= MAX_DELAY_MS) return ms;
    context.addIssue('wanted a duration of whole milliseconds from 1ms to 596h, like 250ms, 15s or 1m30s');
    return z.NEVER;
  });
}

/** Shorter tokens can be guessed. */
const SHORTEST_TOKEN = 16;

/** What a client can send in a header as it is: no line end that came with a file, no blank that is cut off. */
function token() {
  return z
    .string()
    .regex(/^$|^[!-~]([ -~]*[!-~])?$/, 'wanted printable ASCII, without a blank or a line break at an end')
    .refine(
      ({ length }) => length === 0 || length >= SHORTEST_TOKEN,
      `wanted at least ${SHORTEST_TOKEN} characters, like those of openssl rand -hex 16`,
    );
}

function oneOf<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.string().pipe(z.enum(names, `wanted one of ${names.join(', ')}`));
}

export const settings = z.object({
  PORT: setting(wholeNumber(0, 65_535), {
    flag: 'port',
    fallback: '8080',
    help: 'port to listen on, 0 for any free one',
  }),
  HOST: setting(z.string(), {
    flag: 'host',
    fallback: '',
    shownDefault: 'all interfaces',
    help: 'address to listen on',
  }),
  LOG_LEVEL: setting(oneOf(LOG_LEVELS), { flag: 'log-level', fallback: 'info', help: LOG_LEVELS.join(', ') }),
  LOG_FORMAT: setting(oneOf(LOG_FORMATS), {
    flag: 'log-format',
    fallback: process.stdout.isTTY ? 'pretty' : 'json',
    shownDefault: 'pretty on a terminal, else json',
    help: 'json or pretty',
  }),
  CACHE_EXPIRATION: setting(duration(), {
    flag: 'cache-expiration',
    fallback: '15s',
    help: 'how long a cached value is kept',
  }),
  CACHE_PLUGIN_PATH: setting(z.string(), {
    flag: 'cache-plugin-path',
    fallback: '',
    shownDefault: 'none, no-op cache',
    help: "the cache plugin's file: a path or a file: URL",
  }),
  CACHE_PLUGIN_FACTORY_NAME: setting(z.string(), {
    flag: 'cache-plugin-factory-name',
    fallback: 'Factory',
    help: "name of the plugin's factory",
  }),
  CACHE_PLUGIN_START_TIMEOUT: setting(duration(), {
    fallback: '10s',
    help: 'longest time from reading the plugin to a live one',
  }),
  CACHE_PLUGIN_ISOLATION: setting(oneOf(ISOLATIONS), {
    flag: 'cache-plugin-isolation',
    fallback: 'inline',
    help: 'where the plugin runs: inline, worker (a thread), process',
  }),
  CACHE_PLUGIN_INTEGRITY: setting(z.string(), {
    fallback: '',
    shownDefault: 'none, any file',
    help: "hashes of which the plugin's file must have one: sha256-<base64>",
  }),
  CACHE_PLUGIN_REQUIRED: setting(oneOf(['true', 'false']), {
    fallback: 'true',
    help: 'whether a plugin that cannot start stops the start',
  }),
  CACHE_PLUGIN_DIR: setting(z.string(), {
    fallback: '',
    shownDefault: 'the folder of the plugin, with no plugin none',
    help: 'the only folder from which the admin route loads',
  }),
  CACHE_TIMEOUT: setting(duration(), { fallback: '100ms', help: 'longest time of one cache call' }),
  COMPUTE_WORKERS: setting(wholeNumber(1, 1_024), {
    fallback: String(Math.max(2, availableParallelism() - 1)),
    shownDefault: 'cores - 1, at least 2',
    help: 'worker threads that compute',
  }),
  COMPUTE_TIMEOUT: setting(duration(), { fallback: '60s', help: 'longest time of one computation' }),
  COMPUTE_MAX_WAIT: setting(duration(), {
    fallback: '10s',
    help: 'longest time that a computation may wait for a worker; what would wait longer is refused',
  }),
  FIB_MAX_N: setting(wholeNumber(0, 78), {
    fallback: '50',
    help: 'largest n; 78 is the last whose result is exact in a JSON number',
  }),
  // Above the 60 s that most load balancers keep a connection: the side that sends requests should close first.
  HTTP_KEEP_ALIVE_TIMEOUT: setting(duration(), {
    fallback: '65s',
    help: "how long a connection is kept without a request; longer than the load balancer's",
  }),
  HTTP_HEADERS_TIMEOUT: setting(duration(), {
    fallback: '10s',
    help: 'how long the headers of a request may take to arrive; then 408',
  }),
  HTTP_REQUEST_TIMEOUT: setting(duration(), {
    fallback: '15s',
    help: 'how long a request with its body may take to arrive; then 408',
  }),
  HTTP_MAX_HEADER_BYTES: setting(wholeNumber(1_024, 1_048_576), {
    fallback: '16384',
    help: 'size of the headers of a request; then 431',
  }),
  HTTP_MAX_IN_FLIGHT_PER_CONNECTION: setting(wholeNumber(1, 1_024), {
    fallback: '32',
    help: 'requests that may wait for their answers on one connection; then 429',
  }),
  // As nginx: over many connections the load spreads anew when instances come and go.
  HTTP_MAX_REQUESTS_PER_CONNECTION: setting(wholeNumber(1, 1_000_000_000), {
    fallback: '1000',
    help: 'requests after which a connection is closed',
  }),
  HTTP_MAX_CONNECTIONS: setting(wholeNumber(1, 1_000_000), {
    fallback: '20000',
    help: 'connections at a time, fewer where the limit of open files allows no more; further ones are closed at once',
  }),
  HTTP_MAX_ANSWERS_TOGETHER: setting(wholeNumber(1, 1_024), {
    fallback: '64',
    help: 'answers of one turn of the event loop that are sent together; 1 sends each at once',
  }),
  SHUTDOWN_GRACE: setting(duration(), { fallback: '20s', help: 'how long the server may take to end' }),
  ADMIN_TOKEN: setting(token(), {
    fallback: '',
    shownDefault: 'none, no admin routes',
    help: 'bearer token of the admin routes',
    isSecret: true,
  }),
});

/** The settings by the names of their variables, converted: durations in milliseconds. */
export type Settings = z.infer<typeof settings>;

/** What is known of each setting, in the order above. */
export function settingInfos(): (SettingInfo & { readonly variable: string })[] {
  return Object.entries(settings.shape).map(([variable, schema]) => ({
    ...(schema.meta() as unknown as SettingInfo),
    variable,
  }));
}
