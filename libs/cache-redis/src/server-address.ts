// The address of a server: host:port, or a URL.

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

/** @param text `localhost:6379`, `localhost`, `[::1]:6379` */
export function parseAddress(text: string): ServerAddress | undefined {
  const url = /^[\w.:[\]-]*[^:]$/.test(text) ? URL.parse(`redis://${text}`) : null;
  return url === null ? undefined : addressOf(url);
}

/**
 * @param text `redis://localhost:6379/0`, `rediss://user:password@example.org`; credentials are percent-encoded
 * (https://www.iana.org/assignments/uri-schemes/prov/redis)
 */
export function parseServerUrl(text: string): ServerUrl | undefined {
  const url = URL.parse(text);
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') return undefined;
  const address = addressOf(url);
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

function addressOf({ hostname, port }: URL): ServerAddress | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '' || port === '0') return undefined;
  return { host, port: port === '' ? DEFAULT_PORT : Number(port) };
}
