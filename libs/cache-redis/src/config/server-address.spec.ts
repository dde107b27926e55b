// Addresses and URLs of servers, valid and invalid.
import { describe, expect, it } from 'vitest';
import { parseAddress, parseServerUrl } from './server-address.js';

describe('an address', () => {
  it.each([
    ['localhost:6379', 'localhost', 6379],
    ['redis.example.org:7000', 'redis.example.org', 7000],
    ['redis_1', 'redis_1', 6379],
    ['127.0.0.1:1', '127.0.0.1', 1],
    ['[::1]:6379', '::1', 6379],
    ['[fe80::1]', 'fe80::1', 6379],
  ])('%s is host %s, port %i', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  it.each([
    '',
    ':6379',
    'host:',
    'host:0',
    'host:70000',
    'host:x',
    '::1',
    'a b',
    'me@host',
    'host/1',
    'host?x',
    'h%41',
  ])('is not "%s"', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe('a URL', () => {
  const plain = { username: undefined, password: undefined, db: undefined, tls: false };

  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379, ...plain }],
    ['redis://localhost:7000/', { host: 'localhost', port: 7000, ...plain }],
    ['redis://[::1]:7000/3', { host: '::1', port: 7000, ...plain, db: 3 }],
    ['redis://:p%40ss%2F@h/0', { host: 'h', port: 6379, ...plain, password: 'p@ss/', db: 0 }],
    ['rediss://ada:secret@h', { host: 'h', port: 6379, username: 'ada', password: 'secret', db: undefined, tls: true }],
  ])('%s has all its parts', (text, parts) => {
    expect(parseServerUrl(text)).toEqual(parts);
  });

  it.each([
    '',
    'localhost:6379',
    'http://localhost',
    'redis:localhost',
    'redis:///1',
    'redis://h:0',
    'redis://h/db',
    'redis://h/01',
    'redis://h/1/2',
    'redis://h/-1',
    'redis://h?family=6',
    'redis://h#1',
    'redis://:%E0%A4%A@h',
  ])('is not "%s"', (text) => {
    expect(parseServerUrl(text)).toBeUndefined();
  });
});
