// The meaning of the server's error replies: whether the server can be used, and a sentence with the way out.
import { ReplyError } from 'ioredis';
import { VALUE_TOO_LARGE } from './reply-limit.js';

/** The error of a failed command. */
export class RedisError extends Error {
  override readonly name = 'RedisError';

  /** @param code the code of the server's error reply, {@link UNSUPPORTED_SERVER}, NO_CONNECTION, TIMEOUT, CLOSED or KEY_UNAVAILABLE */
  constructor(
    readonly code: string,
    sentence: string,
  ) {
    super(sentence);
  }
}

/** Code of replies that show another kind of server: a node of a Cluster, or a Sentinel. */
export const UNSUPPORTED_SERVER = 'UNSUPPORTED_SERVER';

interface Meaning {
  readonly pattern: RegExp;
  /** @default the code of the reply */
  readonly code?: string;
  /** The server cannot be used while it sends this reply. Other error replies mean that the server works. */
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

const CLUSTER = 'it is a node of a Redis Cluster; name nodes in REDIS_CLUSTER, and remove REDIS_ADDR or REDIS_URL';

/** Replies with their own sentence, including all outages. */
const MEANINGS: readonly Meaning[] = [
  outage(/^LOADING\b/, 'LOADING: it loads its data; it is used when that is done'),
  outage(
    /^MASTERDOWN\b/,
    'MASTERDOWN: it is a replica that has lost its master; restore the master, or set replica-serve-stale-data to yes',
  ),
  outage(/^BUSY\b/, 'BUSY: a script blocks it; it is used when the script has ended (SCRIPT KILL ends it)'),
  outage(/^NOAUTH\b/, 'NOAUTH: it requires a password; set REDIS_PASSWORD, or REDIS_URL with a password'),
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
    'it does not support GET or SET: it is a Redis Sentinel, which REDIS_SENTINELS names, or the command is renamed',
  ),
];

const meaningOf = (text: string): Meaning | undefined => MEANINGS.find(({ pattern }) => pattern.test(text));

/** Whether the reply means that the server cannot be used. */
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

/** Removes arguments that the server quotes: a password in a reply to AUTH, a value in a reply to SET. */
function shown(text: string): string {
  const [line = ''] = text.split(/,? with args beginning with|[\r\n]/, 1);
  return line.slice(0, LONGEST_TEXT);
}

/** For a reply to AUTH or HELLO. Its text is never shown, except known parts that contain no argument. */
export function errorOfAuthReply(command: 'AUTH' | 'HELLO', text: string): RedisError {
  const sentence = `it refuses ${command} (${codeOf(text)}); correct REDIS_PASSWORD or REDIS_URL`;
  return new RedisError(codeOf(text), meaningOf(text)?.sentence ?? sentence);
}

/** For a reply to SELECT: out of range, unknown or forbidden. */
export function errorOfSelectReply(db: number, text: string): RedisError {
  const sentence = `it refuses database ${db} (${shown(text)}); correct REDIS_DB, or leave it out for database 0`;
  return new RedisError(codeOf(text), meaningOf(text)?.sentence ?? sentence);
}

/** The codes that may be shown. Other texts in the place of a code may contain anything. */
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
