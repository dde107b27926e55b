// Security headers of every answer.

/**
 * The headers of the OWASP REST Security Cheat Sheet for an API, with the policy for answers that are not pages
 * (https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers). Without
 * Strict-Transport-Security: TLS ends in front of the service, and browsers ignore the header over HTTP (RFC 6797, 8.1).
 */
export const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['Cache-Control', 'no-store'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
];
