// The first commands of a connection: who we are, which database, and whether the server is of use.
// They are sent here and not by ioredis, which shows the reply to AUTH, prints to stderr, and needs INFO and CLIENT.
import type { Redis } from 'ioredis';
import type { RedisConfig } from './redis-config.js';
import { errorOfAuthReply, errorOfSelectReply, isErrorReply, isOutage, RedisError } from './reply-errors.js';

/** A key that is read where PING is refused. It need not exist. */
const PROBE_KEY = 'cache-redis:probe';

/**
 * Sends nothing that GET and SET can do without. A refusal of HELLO 3 is answered by going on with RESP 2.
 *
 * @returns what is odd, though the server can be used
 * @throws RedisError, or what a command fails with
 */
export async function greet(redis: Redis, config: RedisConfig): Promise<string | undefined> {
  const isLoggedIn = config.protocol === 3 && (await sayHello(redis, config));
  const credentials = isLoggedIn ? [] : credentialsOf(config);
  const login = credentials.length === 0 ? undefined : redis.call('AUTH', ...credentials);
  const selection = config.db === 0 ? undefined : redis.call('SELECT', config.db);
  const readiness = probe(redis);
  // All are sent in one write. What the first says counts: a server that takes no more clients ends the connection then.
  for (const reply of [selection, readiness]) reply?.catch(() => undefined);
  const oddity = await login?.then(
    () => undefined,
    (error: unknown) => oddityOf(error),
  );
  await readiness.catch((error: unknown) => {
    if (oddity === undefined || !isErrorReply(error) || !error.message.startsWith('NOAUTH')) throw error;
    throw new RedisError('NOAUTH', `it wants a password and refuses it: ${oddity}`);
  });
  await selection?.catch((error: unknown) => {
    throw isErrorReply(error) ? errorOfSelectReply(config.db, error.message) : error;
  });
  return oddity;
}

/**
 * Resolves when the server can be used. It asks by PING, and where that is refused, by GET: a user of the server may be
 * allowed nothing else, and a server that loads its data refuses a forbidden command as such.
 */
export async function probe(redis: Redis): Promise<void> {
  if (!(await isAccepted(redis.ping()))) await isAccepted(redis.get(PROBE_KEY));
}

/** An error reply is an answer, too, unless it says that the server is of no use. */
async function isAccepted(reply: Promise<unknown>): Promise<boolean> {
  try {
    await reply;
    return true;
  } catch (error) {
    if (!isErrorReply(error) || isOutage(error)) throw error;
    return false;
  }
}

function credentialsOf({ username, password }: RedisConfig): string[] {
  if (username !== undefined) return [username, password ?? ''];
  return password === undefined ? [] : [password];
}

async function sayHello(redis: Redis, config: RedisConfig): Promise<boolean> {
  const credentials = credentialsOf(config);
  const user = credentials.length === 1 ? ['default', ...credentials] : credentials;
  try {
    await redis.call('HELLO', '3', ...(user.length === 0 ? [] : ['AUTH', ...user]));
    return true;
  } catch (error) {
    if (!isErrorReply(error)) throw error;
    if (isOutage(error)) throw errorOfAuthReply('HELLO', error.message);
    return false;
  }
}

/** Why the password is not needed, as it seems. Decided by the text of the reply, which is not shown. */
function oddityOf(error: unknown): string {
  if (!isErrorReply(error)) throw error;
  const text = error.message;
  if (/without any password configured|no password is set/.test(text)) return 'the server wants no password';
  if (text.startsWith('ERR unknown command')) return 'the server does not know AUTH (is it renamed in redis.conf?)';
  if (/wrong number of arguments/.test(text)) {
    throw new RedisError('ERR', 'it knows no users, as a Redis before 6 does not; leave the user out of REDIS_URL');
  }
  throw errorOfAuthReply('AUTH', text);
}
