// Requests that do not say which one host they are for (RFC 9112, 3.2). Node refuses a missing Host only, in a shape of its own.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { LAST, writeProblem } from '../problem/problem.js';

/** `uri-host [ ":" port ]` (RFC 9110, 7.2; RFC 3986, 3.2.2) with a host that is not empty: a name or an IPv4 address, or an IP literal. */
const AUTHORITY = /^(?:(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})+|\[([^\]]*)\])(?::\d*)?$/i;
/** A later version of IP: `v1.fe80::a` (RFC 3986, 3.2.2). */
const IP_FUTURE = /^v[\da-f]+\.[\w.~!$&'()*+,;=:-]+$/i;
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)/i;

export function refuseWrongHost(request: IncomingMessage, response: ServerResponse): void {
  const detail = problemOf(request);
  if (detail !== undefined) writeProblem(response, { status: 400, detail, headers: LAST });
}

/** Two programs in a row that go by different hosts can be played off against each other. */
function problemOf({ rawHeaders, httpVersion, url = '' }: IncomingMessage): string | undefined {
  let host: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (host !== undefined) return 'there is more than one Host header';
    host = rawHeaders[index + 1] ?? '';
  }
  if (host === undefined && httpVersion !== '1.0') return 'the Host header is missing';
  // Empty: the target has no host (RFC 9110, 7.2).
  if (host !== undefined && host !== '' && !isAuthority(host))
    return 'the Host header is not a host with or without a port';
  if (url.startsWith('/') || url === '*') return undefined;
  const [, target = ''] = ABSOLUTE_FORM.exec(url) ?? [];
  return isAuthority(target) ? undefined : 'the target of the request is neither a path nor an http: URL with a host';
}

function isAuthority(text: string): boolean {
  const parts = AUTHORITY.exec(text);
  if (parts === null) return false;
  const [, literal] = parts;
  // A zone (fe80::1%eth0) is of one machine and no part of a URI's host.
  return literal === undefined || IP_FUTURE.test(literal) || (isIPv6(literal) && !literal.includes('%'));
}
