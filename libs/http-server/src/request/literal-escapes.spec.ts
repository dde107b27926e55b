// Percent escapes that are taken literally.
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { literalEscapes } from './literal-escapes.js';

function rewritten(url: string): string {
  const request = { url };
  literalEscapes(request as IncomingMessage);
  return request.url;
}

describe('literalEscapes', () => {
  it.each([
    ['/fib/%FF', '/fib/%25FF'],
    ['/fib/%', '/fib/%25'],
    ['/fib/%C3%28', '/fib/%25C3%2528'],
    ['/fib/%FF?q=%FF&r=?', '/fib/%25FF?q=%FF&r=?'],
  ])('rewrites %s to %s', (url, expected) => {
    expect(rewritten(url)).toBe(expected);
  });

  it.each(['/fib/5', '/fib/%35', '/fib/5?x=%FF', '/fib/%E2%82%AC'])('leaves %s unchanged', (url) => {
    expect(rewritten(url)).toBe(url);
  });
});
