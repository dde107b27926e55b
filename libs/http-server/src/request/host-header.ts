// Refusal of requests without exactly one valid host (RFC 9112, 3.2). Node refuses only a missing Host, in its own shape of errors.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { LAST, writeProblem } from '../problem/problem.js';

/** `uri-host [ ":" port ]` (RFC 9110, 7.2; RFC 3986, 3.2.2) with a non-empty host: a name, an IPv4 address or an IP literal. */
const AUTHORITY = /^(?:(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})+|\[([^\]]*)\])(?::\d*)?$/i;
/** IPvFuture, for example `v1.fe80::a` (RFC 3986, 3.2.2). */
const IP_FUTURE = /^v[\da-f]+\.[\w.~!$&'()*+,;=:-]+$/i;
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)/i;

export function refuseWrongHost(request: IncomingMessage, response: ServerResponse): void {
  const detail = problemOf(request);
  if (detail !== undefined) writeProblem(response, { status: 400, detail, headers: LAST });
}

/** If two programs in a row see different hosts in one request, an attacker can exploit the difference. */
function problemOf({ rawHeaders, httpVersion, url = '' }: IncomingMessage): string | undefined {
  let host: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (host !== undefined) return 'more than one Host header';
    host = rawHeaders[index + 1] ?? '';
  }
  if (host === undefined && httpVersion !== '1.0') return 'the Host header is missing';
  // An empty Host: the target has no host (RFC 9110, 7.2).
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
  // A zone (fe80::1%eth0) is local to a machine and not part of a URI.
  return literal === undefined || IP_FUTURE.test(literal) || (isIPv6(literal) && !literal.includes('%'));
}
