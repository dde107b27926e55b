// Addresses of servers: host:port, lists and pairs of them, and URLs.

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** The parts of a URL besides the address. A missing part is undefined. */
export interface ServerUrl extends ServerAddress {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number | undefined;
  readonly tls: boolean;
}

const DEFAULT_PORT = 6379;

/** The address to connect to, by the announced one as {@link textOf} returns it. */
export type NatMap = ReadonlyMap<string, ServerAddress>;

/** `localhost:6379`, `[::1]:6379` */
export function textOf({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a server's text is a host. Node throws, or connects to localhost, with some others. */
export function isHost(text: string): boolean {
  return /^[\w.:%-]{1,253}$/.test(text);
}

/** @param text `localhost:6379`, `localhost`, `[::1]:6379` */
export function parseAddress(text: string, defaultPort = DEFAULT_PORT): ServerAddress | undefined {
  const url = /^[\w.:[\]-]*[^:]$/.test(text) ? URL.parse(`redis://${text}`) : null;
  return url === null ? undefined : addressOf(url, defaultPort);
}

/** @param text `redis-1:7000, redis-2:7000`: at least one address; a repeated one counts once */
export function parseAddresses(text: string, defaultPort = DEFAULT_PORT): ServerAddress[] | undefined {
  const addresses = text
    .split(',')
    .map((each) => parseAddress(each.trim(), defaultPort))
    .filter((each) => each !== undefined);
  const isWhole = addresses.length === text.split(',').length;
  return isWhole ? [...new Map(addresses.map((each) => [textOf(each), each])).values()] : undefined;
}

/** @param text `10.0.0.1:6379=redis-1:7000,10.0.0.2:6379=redis-2:7000` */
export function parseNatMap(text: string): NatMap | undefined {
  const pairs = new Map<string, ServerAddress>();
  for (const pair of text.split(',')) {
    const [inside, outside, ...rest] = pair.split('=').map((each) => parseAddress(each.trim()));
    if (inside === undefined || outside === undefined || rest.length > 0) return undefined;
    pairs.set(textOf(inside), outside);
  }
  return pairs;
}

/**
 * @param text `redis://localhost:6379/0`, `rediss://user:password@example.org`; credentials are percent-encoded
 * (https://www.iana.org/assignments/uri-schemes/prov/redis)
 */
export function parseServerUrl(text: string): ServerUrl | undefined {
  const url = URL.parse(text);
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') return undefined;
  const address = addressOf(url, DEFAULT_PORT);
  const [, db] = /^\/(0|[1-9]\d{0,8})$/.exec(url.pathname) ?? [];
  if (address === undefined || (db === undefined && !['', '/'].includes(url.pathname))) return undefined;
  try {
    return {
      ...address,
      username: decodeURIComponent(url.username) || undefined,
      password: decodeURIComponent(url.password) || undefined,
      db: db === undefined ? undefined : Number(db),
      tls: url.protocol === 'rediss:',
    };
  } catch {
    return undefined;
  }
}

function addressOf({ hostname, port }: URL, defaultPort: number): ServerAddress | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '' || port === '0') return undefined;
  return { host, port: port === '' ? defaultPort : Number(port) };
}
