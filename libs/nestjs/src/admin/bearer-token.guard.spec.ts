// The bearer token guard.
import { type ExecutionContext, Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import { bearerToken } from './bearer-token.guard.js';

/** The headers of the answer. */
let answered: Record<string, string> = {};
beforeEach(() => {
  answered = {};
});

const request = (authorization?: string) => {
  const response = { header: (name: string, value: string) => void (answered[name] = value) };
  const http = { getRequest: () => ({ headers: { authorization } }), getResponse: () => response };
  return { switchToHttp: () => http } as unknown as ExecutionContext;
};

describe('bearerToken', () => {
  const guard = bearerToken(() => 'a token for tests');

  it.each(['Bearer a token for tests', 'bearer  a token for tests'])('lets pass %j', (authorization) => {
    expect(guard.canActivate(request(authorization))).toBe(true);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer a token for test',
    'Basic a token for tests',
    'a token for tests',
  ])('answers 401 to %j', (authorization) => {
    expect(() => guard.canActivate(request(authorization))).toThrow(expect.objectContaining({ status: 401 }));
    expect(answered).toEqual({ 'WWW-Authenticate': 'Bearer' });
  });

  it('logs once that no token is set', () => {
    const lines: unknown[] = [];
    Logger.overrideLogger({ log() {}, error() {}, warn: (line: unknown) => void lines.push(line) });
    try {
      const closed = bearerToken(() => '');
      for (let count = 0; count < 3; count++) expect(() => closed.canActivate(request())).toThrow('wanted the header');
      expect(lines).toEqual(['no token is set: every request is refused']);
    } finally {
      Logger.overrideLogger(true);
    }
  });

  it.each([undefined, ''])('refuses every request while the token is %j', (token) => {
    for (const authorization of [undefined, '', 'Bearer ', 'Bearer undefined']) {
      expect(() => bearerToken(() => token).canActivate(request(authorization))).toThrow(
        'wanted the header "Authorization: Bearer',
      );
    }
  });
});
