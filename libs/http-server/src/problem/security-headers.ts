// What a browser is told about every answer.

/**
 * The OWASP REST Security Cheat Sheet's list for every answer of an API, with the policy of an answer that is no page
 * (https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers). Without
 * Strict-Transport-Security: TLS ends in front of the service, and a browser ignores the header over HTTP (RFC 6797, 8.1).
 */
export const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['Cache-Control', 'no-store'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
];
