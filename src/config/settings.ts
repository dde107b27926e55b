// The settings of the application: variable, flag, default, accepted values. Each is written here only.
import { availableParallelism } from 'node:os';
import { ISOLATIONS } from '@pluggable/nestjs';
import * as z from 'zod';
import { cpuQuota } from './cpu-quota.js';
import { defaultWorkers } from './default-workers.js';
import { durationMs } from './duration.js';

/** One setting, for --help, for errors and for docs/configuration.md, which `npm run docs:tables` writes. */
export interface SettingInfo {
  /** One sentence without an end. */
  readonly help: string;
  readonly flag?: string;
  /** The text that counts when the setting is unset or empty. */
  readonly fallback: string;
  /** The name of a fallback that is empty or depends on the machine. @default the fallback itself */
  readonly shownDefault?: string;
  /** Whether its value is masked wherever it could be shown. */
  readonly isSecret?: true;
}

/** The values that a setting accepts: their type, and a name for the documentation. */
interface Values<Value> {
  readonly type: z.ZodType<Value, string>;
  readonly accepts: string;
}

/** A longer delay would overflow Node's timers. */
const MAX_DELAY_MS = 2 ** 31 - 1;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const LOG_FORMATS = ['json', 'pretty'] as const;

/** A setting as text; unset and empty mean its default. */
function setting<Value>({ type, accepts }: Values<Value>, info: SettingInfo) {
  const preprocessed = z.preprocess((text) => (text === undefined || text === '' ? info.fallback : text), type);
  return preprocessed.meta({ ...info, accepts });
}

function anyText(accepts: string): Values<string> {
  return { type: z.string(), accepts };
}

function wholeNumber(min: number, max: number): Values<number> {
  const accepts = `a whole number from ${min} to ${max}`;
  const type = z
    .string()
    .regex(/^(0|[1-9]\d*)$/, `wanted ${accepts}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `wanted ${accepts}`);
  return { type, accepts };
}

function duration(shortestMs: 0 | 1 = 1): Values<number> {
  const range = `from ${shortestMs === 0 ? '0s' : '1ms'} to 596h`;
  const type = z.string().transform((given, context) => {
    const ms = durationMs(given);
    if (ms !== undefined && Number.isInteger(ms) && ms >= shortestMs && ms <= MAX_DELAY_MS) return ms;
    context.addIssue(`wanted a duration of whole milliseconds ${range}, like 250ms, 15s or 1m30s`);
    return z.NEVER;
  });
  return { type, accepts: `a duration ${range}` };
}

/** Shorter tokens can be guessed. */
const SHORTEST_TOKEN = 16;

/** A token that a client can send in a header unchanged: without a line break of a file, without a blank that is trimmed. */
function token(): Values<string> {
  const type = z
    .string()
    .regex(/^$|^[!-~]([ -~]*[!-~])?$/, 'wanted printable ASCII, without a blank or a line break at an end')
    .refine(
      ({ length }) => length === 0 || length >= SHORTEST_TOKEN,
      `wanted at least ${SHORTEST_TOKEN} characters, like those of openssl rand -hex 16`,
    );
  return { type, accepts: `at least ${SHORTEST_TOKEN} characters of printable ASCII` };
}

function oneOf<const Names extends readonly [string, ...string[]]>(names: Names): Values<Names[number]> {
  const accepts = names.join(', ');
  return { type: z.string().pipe(z.enum(names, `wanted one of ${accepts}`)), accepts };
}

/** The switch of a part that exists by default. */
function onUnlessOff(help: string) {
  return setting(oneOf(['on', 'off']), { fallback: 'on', help });
}

export const settings = z.object({
  PORT: setting(wholeNumber(0, 65_535), {
    flag: 'port',
    fallback: '8080',
    help: 'port to listen on; 0 takes any free port, and the log names it',
  }),
  HOST: setting(anyText('an address or a host name of this machine'), {
    flag: 'host',
    fallback: '',
    shownDefault: 'all interfaces',
    help: 'address to listen on',
  }),
  LOG_LEVEL: setting(oneOf(LOG_LEVELS), {
    flag: 'log-level',
    fallback: 'info',
    help: `least level that is logged: ${LOG_LEVELS.join(', ')}`,
  }),
  LOG_FORMAT: setting(oneOf(LOG_FORMATS), {
    flag: 'log-format',
    fallback: process.stdout.isTTY ? 'pretty' : 'json',
    shownDefault: 'pretty on a terminal, else json',
    help: 'format of the log, json or pretty',
  }),
  CACHE_EXPIRATION: setting(duration(), {
    flag: 'cache-expiration',
    fallback: '15s',
    help: 'how long a cached value is kept',
  }),
  CACHE_PLUGIN_PATH: setting(anyText('a path, from the working directory, or a file: URL'), {
    flag: 'cache-plugin-path',
    fallback: '',
    shownDefault: 'none, no-op cache',
    help: 'file of the cache plugin',
  }),
  CACHE_PLUGIN_FACTORY_NAME: setting(anyText('the name of an export'), {
    flag: 'cache-plugin-factory-name',
    fallback: 'Factory',
    help: 'export of the plugin that is its factory',
  }),
  CACHE_PLUGIN_START_TIMEOUT: setting(duration(), {
    fallback: '10s',
    help: 'longest time from reading the file to a live plugin',
  }),
  CACHE_PLUGIN_ISOLATION: setting(oneOf(ISOLATIONS), {
    flag: 'cache-plugin-isolation',
    fallback: 'inline',
    help: 'where the plugin runs: inline, in a worker thread, or in a process',
  }),
  CACHE_PLUGIN_INTEGRITY: setting(anyText('hashes, separated by blanks: sha256-<base64>, also sha384- and sha512-'), {
    fallback: '',
    shownDefault: 'none, any file',
    help: 'pin of the file: it must have one of these hashes, like sha256-<base64>',
  }),
  CACHE_PLUGIN_REQUIRED: setting(oneOf(['true', 'false']), {
    fallback: 'true',
    help: 'true: a plugin that cannot start stops the start; false: the no-op cache serves, and the plugin is tried again',
  }),
  CACHE_PLUGIN_DIR: setting(anyText('a folder'), {
    fallback: '',
    shownDefault: 'the folder of CACHE_PLUGIN_PATH; without one, no plugin is swapped',
    help: 'the only folder from which the admin route loads a plugin',
  }),
  CACHE_TIMEOUT: setting(duration(), { fallback: '100ms', help: 'longest time of one cache call' }),
  CACHE_LEASE: onUnlessOff(
    'whether processes with a common cache compute each n once, if the plugin has leases; others wait for the value',
  ),
  LEASE_MIN_COST: setting(duration(0), {
    fallback: '20ms',
    help: 'estimated duration from which a computation takes a lease; a shorter one costs less than the lease',
  }),
  COMPUTE_WORKERS: setting(wholeNumber(1, 1_024), {
    fallback: String(defaultWorkers(availableParallelism(), cpuQuota())),
    shownDefault: 'cores - 1, at least 2; at most the CPU quota',
    help: 'worker threads that compute',
  }),
  COMPUTE_TIMEOUT: setting(duration(), { fallback: '60s', help: 'longest time of one computation; then 504' }),
  COMPUTE_MAX_WAIT: setting(duration(), {
    fallback: '10s',
    help: 'longest time that a computation may wait for a worker; a request with a longer estimate gets 503 at once',
  }),
  FIB_MAX_N: setting(wholeNumber(0, 78), {
    fallback: '50',
    help: 'largest n; fib(79) is not exact in a JSON number',
  }),
  // Above the 60 s that most load balancers keep a connection: the side that sends requests should close first.
  HTTP_KEEP_ALIVE_TIMEOUT: setting(duration(), {
    fallback: '65s',
    help: 'how long an idle connection is kept; make it longer than that of the load balancer',
  }),
  HTTP_HEADERS_TIMEOUT: setting(duration(), {
    fallback: '10s',
    help: 'longest time for the headers of a request to arrive; then 408',
  }),
  HTTP_REQUEST_TIMEOUT: setting(duration(), {
    fallback: '15s',
    help: 'longest time for a request with its body to arrive; then 408',
  }),
  HTTP_MAX_HEADER_BYTES: setting(wholeNumber(1_024, 1_048_576), {
    fallback: '16384',
    help: 'largest size of the headers of a request; then 431',
  }),
  HTTP_MAX_IN_FLIGHT_PER_CONNECTION: setting(wholeNumber(1, 1_024), {
    fallback: '32',
    help: 'most pipelined requests of one connection that wait for an answer; then 429',
  }),
  // As nginx: over many connections the load spreads anew when instances come and go.
  HTTP_MAX_REQUESTS_PER_CONNECTION: setting(wholeNumber(1, 1_000_000_000), {
    fallback: '1000',
    help: 'number of requests after which a connection is closed',
  }),
  HTTP_MAX_CONNECTIONS: setting(wholeNumber(1, 1_000_000), {
    fallback: '20000',
    help: 'most connections; on Linux fewer when the limit of open files is lower; further ones are closed at once',
  }),
  HTTP_MAX_ANSWERS_TOGETHER: setting(wholeNumber(1, 1_024), {
    fallback: '64',
    help: 'most answers of one turn of the event loop that are sent together; 1 sends each at once',
  }),
  SHUTDOWN_DELAY: setting(duration(0), {
    fallback: '0s',
    help: 'how long the service still accepts connections after SIGTERM or Ctrl-C, while readiness is 503; SHUTDOWN_GRACE begins afterwards',
  }),
  SHUTDOWN_GRACE: setting(duration(), {
    fallback: '20s',
    help: 'how long the server may take to end after SIGTERM or Ctrl-C and SHUTDOWN_DELAY, before the plugin is closed',
  }),
  METRICS: onUnlessOff('whether GET /metrics exists, in the text format of Prometheus'),
  EVENTS: onUnlessOff('whether GET /events exists: what requests and plugins do, live, for the page at /'),
  EVENTS_MAX_CLIENTS: setting(wholeNumber(1, 1_000), {
    fallback: '32',
    help: 'most clients of GET /events; a further one takes the place of one that has read for a minute, or gets 503',
  }),
  PLAYGROUND: onUnlessOff('whether the page at / exists, with POST /playground/bursts'),
  DOCS: onUnlessOff('whether GET /docs and GET /openapi.json exist, the description of the routes'),
  ADMIN_TOKEN: setting(token(), {
    fallback: '',
    shownDefault: 'none, no admin routes',
    help: 'bearer token of the admin routes',
    isSecret: true,
  }),
});

/** The settings by the names of their variables, converted: durations in milliseconds. */
export type Settings = z.infer<typeof settings>;

/** Each setting, in the order above. */
export function settingInfos(): (SettingInfo & { readonly variable: string; readonly accepts: string })[] {
  return Object.entries(settings.shape).map(([variable, schema]) => ({
    ...(schema.meta() as unknown as SettingInfo & { readonly accepts: string }),
    variable,
  }));
}
