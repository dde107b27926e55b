// Valid and invalid Host headers and targets.
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { refuseWrongHost } from './host-header.js';

function detailOf(hosts: readonly string[], { url = '/fib/1', httpVersion = '1.1', name = 'Host' } = {}): string {
  const request = new IncomingMessage(new Socket());
  request.rawHeaders = ['Accept', '*/*', ...hosts.flatMap((host) => [name, host]), 'X-Host', 'a b'];
  request.url = url;
  request.httpVersion = httpVersion;
  const response = new ServerResponse(request);
  let body = '';
  response.end = (text?: unknown) => {
    body = String(text);
    return response;
  };
  refuseWrongHost(request, response);
  if (body === '') return '';
  expect([response.statusCode, response.getHeader('Connection')]).toEqual([400, 'close']);
  return (JSON.parse(body) as { detail: string }).detail;
}

describe('refuseWrongHost', () => {
  it.each([
    'localhost',
    'a.example:8080',
    'a_b.example',
    'a.example.',
    'a.example:',
    '127.0.0.1:80',
    '[::1]',
    '[::ffff:127.0.0.1]:8080',
    '[v1.fe80::a]',
    'xn--bcher-kva.example',
    'b%C3%BCcher.example',
    '',
  ])('accepts the Host %j', (host) => {
    expect(detailOf([host])).toBe('');
    expect(detailOf([host], { name: 'hOST' })).toBe('');
  });

  it.each([
    'user@a.example',
    'user:password@a.example',
    'a.example b.example',
    'a.example, b.example',
    'a.example\t',
    'a.example:80:80',
    'a.example:http',
    'a.example:-1',
    ':80',
    'http://a.example',
    'a.example/fib',
    'a.example?',
    'a.example#',
    '\\a.example',
    '::1',
    '[::1',
    '[]',
    '[a.example]',
    '[::1%25lo]',
    '[::1]x',
    'b\u00FCcher.example',
    '%zz',
    '"a"',
    '<a>',
  ])('refuses the Host %j', (host) => {
    expect(detailOf([host])).toBe('the Host header is not a host with or without a port');
    expect(detailOf([host], { httpVersion: '1.0' })).not.toBe('');
  });

  it.each([[['a', 'b']], [['a', 'a']], [['', '']], [['a', '']]])('refuses more than one Host: %j', (hosts) => {
    expect(detailOf(hosts)).toBe('more than one Host header');
    expect(detailOf(hosts, { url: 'http://a/fib/1', httpVersion: '1.0' })).toBe('more than one Host header');
  });

  it('refuses a missing Host, except for HTTP/1.0', () => {
    expect(detailOf([])).toBe('the Host header is missing');
    expect(detailOf([], { url: 'http://a/fib/1' })).toBe('the Host header is missing');
    expect(detailOf([], { httpVersion: '1.0' })).toBe('');
  });

  it.each(['http://a.example/fib/1', 'HTTPS://[::1]:8080/', 'http://a?x', '*', '//a/b', '/'])(
    'accepts the target %s',
    (url) => {
      expect(detailOf(['a'], { url })).toBe('');
    },
  );

  it.each(['http:///fib/1', 'http://user@a/fib/1', 'http://a b/', 'ftp://a/fib/1', 'fib/1', 'http:a', 'a:80', ''])(
    'refuses the target %j',
    (url) => {
      expect(detailOf(['a'], { url })).toBe('the target of the request is neither a path nor an http: URL with a host');
    },
  );
});
