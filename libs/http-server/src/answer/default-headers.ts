// Default headers: each response has them unless it sets them itself.
import { type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';

export type DefaultHeaders = readonly (readonly [name: string, value: string])[];

type WriteHead = (this: ServerResponse, status: number, ...rest: unknown[]) => ServerResponse;

const nodes = Reflect.get(ServerResponse.prototype, 'writeHead') as WriteHead;

/**
 * Adds default headers to all responses of a prototype. They are added when the headers are written, by any method, so that a
 * handler can set its own headers at any time before.
 *
 * `Connection: keep-alive` of a handler is left out: Node sends it when the connection stays, which a drain and the client decide, too.
 * @param own returns names and values for one response, which are added, too. @default none
 */
export function addDefaultHeaders(
  prototype: ServerResponse,
  defaults: DefaultHeaders,
  own: (response: ServerResponse) => readonly string[] = () => [],
): void {
  const all = defaults.flat();
  const names = defaults.map(([name]) => name.toLowerCase());
  const isDefault = (name: unknown, index: number): boolean =>
    index % 2 === 0 &&
    names.some((known) => known.length === String(name).length && known === String(name).toLowerCase());

  function writeHead(this: ServerResponse, status: number, ...rest: unknown[]): ServerResponse {
    const last = rest.at(-1);
    // One list and no header set before: Node writes the list unchanged.
    if (Array.isArray(last) && this.getHeaderNames().length === 0 && !last.some(isDefault)) {
      return nodes.call(this, status, ...rest.slice(0, -1), [...all, ...own(this), ...(last as OutgoingHttpHeader[])]);
    }
    for (const [name, value] of defaults) if (!this.hasHeader(name)) this.setHeader(name, value);
    const [name, value] = own(this);
    if (name !== undefined && value !== undefined) this.setHeader(name, value);
    return nodes.call(this, status, ...rest.map(withoutKeepAlive));
  }
  prototype.writeHead = writeHead;
}

function withoutKeepAlive(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const headers = Object.entries(given as OutgoingHttpHeaders);
  return Object.fromEntries(headers.filter((header) => !/^connection,keep-alive$/i.test(String(header))));
}
