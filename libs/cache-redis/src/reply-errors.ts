// What an error reply of the server means: whether the server is of use, and a sentence that says what to do.
import { ReplyError } from 'ioredis';
import { VALUE_TOO_LARGE } from './reply-limit.js';

/** Why a command failed. */
export class RedisError extends Error {
  override readonly name = 'RedisError';

  /** @param code of the server's error reply, or {@link UNSUPPORTED_SERVER}, else NO_CONNECTION, TIMEOUT or CLOSED */
  constructor(
    readonly code: string,
    sentence: string,
  ) {
    super(sentence);
  }
}

/** Code of the replies that only a Cluster or a Sentinel gives. */
export const UNSUPPORTED_SERVER = 'UNSUPPORTED_SERVER';

interface Meaning {
  readonly pattern: RegExp;
  /** @default the code of the reply */
  readonly code?: string;
  /** The server cannot be used while it answers that. Every other error reply is an answer: the server can be reached, and works. */
  readonly isOutage: boolean;
  readonly sentence: string;
}

const outage = (pattern: RegExp, sentence: string): Meaning => ({ pattern, isOutage: true, sentence });
const unsupported = (pattern: RegExp, sentence: string): Meaning => ({
  pattern,
  code: UNSUPPORTED_SERVER,
  isOutage: false,
  sentence,
});

const CLUSTER =
  'it is a node of a Redis Cluster, which is not supported; wanted a single server, or a proxy in front of the cluster';

/** The replies with a sentence of their own, and all those that are an outage. */
const MEANINGS: readonly Meaning[] = [
  outage(/^LOADING\b/, 'LOADING: it loads its data; it is used when that is done'),
  outage(
    /^MASTERDOWN\b/,
    'MASTERDOWN: it is a replica that has lost its master; restore the master, or set replica-serve-stale-data to yes',
  ),
  outage(/^BUSY\b/, 'BUSY: a script blocks it; it is used when the script has ended (SCRIPT KILL ends it)'),
  outage(/^NOAUTH\b/, 'NOAUTH: it wants a password; set REDIS_PASSWORD, or REDIS_URL with a password'),
  outage(
    /^WRONGPASS\b|^ERR invalid password\b/,
    'WRONGPASS: it refuses the user or the password; correct REDIS_PASSWORD or REDIS_URL',
  ),
  outage(
    /^DENIED\b.*protected mode/,
    'DENIED: it is in protected mode and takes connections from its own host only; set a password or "bind" in redis.conf',
  ),
  outage(
    /^ERR max number of clients\b/,
    'it has reached its limit of clients; raise maxclients in redis.conf, or end other clients',
  ),
  { ...unsupported(/^CLUSTERDOWN\b/, `CLUSTERDOWN: ${CLUSTER}`), isOutage: true },
  unsupported(/^ERR SELECT is not allowed in cluster mode/, CLUSTER),
  unsupported(/^MOVED\b/, `MOVED: ${CLUSTER}`),
  unsupported(/^ASK\b/, `ASK: ${CLUSTER}`),
  unsupported(
    /^ERR unknown command\W*[GS]ET\b/i,
    'it does not know GET or SET: it is a Redis Sentinel, which is not supported, or the command is renamed; wanted the address of the Redis server itself',
  ),
];

const meaningOf = (text: string): Meaning | undefined => MEANINGS.find(({ pattern }) => pattern.test(text));

/** Whether the server is of no use while it answers so. */
export function isOutage(reply: Error): boolean {
  return meaningOf(reply.message)?.isOutage ?? false;
}

export function isErrorReply(error: unknown): error is Error {
  return error instanceof ReplyError;
}

const LONGEST_TEXT = 200;

export function errorOfReply(text: string): RedisError {
  return new RedisError(codeOf(text), meaningOf(text)?.sentence ?? shown(text));
}

/** Without the arguments that the server quotes: a password when the reply is to AUTH, a value when it is to SET. */
function shown(text: string): string {
  const [line = ''] = text.split(/,? with args beginning with|[\r\n]/, 1);
  return line.slice(0, LONGEST_TEXT);
}

/** For a reply to AUTH or HELLO: its text is never shown, only what is known to hold no argument. */
export function errorOfAuthReply(command: 'AUTH' | 'HELLO', text: string): RedisError {
  const sentence = `it refuses ${command} (${codeOf(text)}); correct REDIS_PASSWORD or REDIS_URL`;
  return new RedisError(codeOf(text), meaningOf(text)?.sentence ?? sentence);
}

/** For a reply to SELECT, which may be out of range, unknown or forbidden. */
export function errorOfSelectReply(db: number, text: string): RedisError {
  const sentence = `it refuses database ${db} (${shown(text)}); correct REDIS_DB, or leave it out for database 0`;
  return new RedisError(codeOf(text), meaningOf(text)?.sentence ?? sentence);
}

/** The codes that may be shown. What a server says in their place may be anything. */
const CODES: ReadonlySet<string> = new Set(
  `ASK BUSY CLUSTERDOWN CROSSSLOT DENIED EXECABORT LOADING MASTERDOWN MISCONF MOVED NOAUTH NOPERM NOPROTO NOREPLICAS OOM
  READONLY TRYAGAIN UNKILLABLE WRONGPASS WRONGTYPE ${VALUE_TOO_LARGE}`.split(/\s+/),
);

function codeOf(text: string): string {
  const known = meaningOf(text)?.code;
  if (known !== undefined) return known;
  const [code = ''] = text.split(' ', 1);
  return CODES.has(code) ? code : 'ERR';
}
