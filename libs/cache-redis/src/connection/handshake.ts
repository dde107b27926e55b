// The first commands of a connection: authentication, database, and a check that the server can be used.
// ioredis does not send them, because it quotes the reply to AUTH, prints to stderr, and needs INFO and CLIENT.
import type { Redis } from 'ioredis';
import type { ConnectionConfig } from '../config/redis-config.js';
import { errorOfAuthReply, errorOfSelectReply, isErrorReply, isOutage, RedisError } from './reply-errors.js';

type LoginConfig = Pick<ConnectionConfig, 'username' | 'password' | 'db' | 'protocol'>;

/** The key that is read if PING is refused. It need not exist. */
export const PROBE_KEY = 'cache-redis:probe';

/**
 * Sends only commands that GET and SET require. If HELLO 3 is refused, the connection continues with RESP 2.
 *
 * @returns a warning when the server can be used, but the password is not needed
 * @throws RedisError, or the error of a command
 */
export async function greet(redis: Redis, config: LoginConfig): Promise<string | undefined> {
  const isLoggedIn = config.protocol === 3 && (await sayHello(redis, config));
  const credentials = isLoggedIn ? [] : credentialsOf(config);
  const login = credentials.length === 0 ? undefined : redis.call('AUTH', ...credentials);
  const selection = config.db === 0 ? undefined : redis.call('SELECT', config.db);
  const readiness = probe(redis);
  // All are sent in one write. The first error decides: a server at its limit of clients closes the connection after it.
  for (const reply of [selection, readiness]) reply?.catch(() => undefined);
  const warning = await login?.then(
    () => undefined,
    (error: unknown) => passwordWarning(error),
  );
  await readiness.catch((error: unknown) => {
    if (warning === undefined || !isErrorReply(error) || !error.message.startsWith('NOAUTH')) throw error;
    throw new RedisError('NOAUTH', `it requires a password, and authentication failed: ${warning}`);
  });
  await selection?.catch((error: unknown) => {
    throw isErrorReply(error) ? errorOfSelectReply(config.db, error.message) : error;
  });
  return warning;
}

/**
 * Resolves when the server can be used. It sends PING, and GET if PING is refused: the user may be allowed nothing else, and a
 * server that loads its data refuses a forbidden command before it reports LOADING.
 */
export async function probe(redis: Redis): Promise<void> {
  if (await isAccepted(redis.ping())) return;
  await probeKey(redis, PROBE_KEY).catch((error: unknown) => {
    // The slot of this key has no owner. Other slots may have one.
    if (!isErrorReply(error) || !error.message.startsWith('CLUSTERDOWN Hash slot not served')) throw error;
  });
}

/** Resolves when the server answers a look-up. A node answers PING also while its cluster serves no key. */
export async function probeKey(redis: Redis, key: string): Promise<void> {
  await isAccepted(redis.get(key));
}

/** An error reply counts as an answer, unless it means that the server cannot be used. */
async function isAccepted(reply: Promise<unknown>): Promise<boolean> {
  try {
    await reply;
    return true;
  } catch (error) {
    if (!isErrorReply(error) || isOutage(error)) throw error;
    return false;
  }
}

function credentialsOf({ username, password }: LoginConfig): string[] {
  if (username !== undefined) return [username, password ?? ''];
  return password === undefined ? [] : [password];
}

async function sayHello(redis: Redis, config: LoginConfig): Promise<boolean> {
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

/** The reason why the password is not needed, from the text of the reply. The text itself is not shown. */
function passwordWarning(error: unknown): string {
  if (!isErrorReply(error)) throw error;
  const text = error.message;
  if (/without any password configured|no password is set/.test(text)) return 'the server requires no password';
  if (text.startsWith('ERR unknown command')) return 'the server does not support AUTH (is it renamed in redis.conf?)';
  if (/wrong number of arguments/.test(text)) {
    throw new RedisError('ERR', 'it does not support users (Redis before version 6); remove the user from REDIS_URL');
  }
  throw errorOfAuthReply('AUTH', text);
}
