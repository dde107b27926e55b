// What an answer says about itself.
import { describe, expect, it } from 'vitest';
import { errorText, howAnswered, problemText, timingOf } from './answer.js';

it.each([
  ['pluggable; hit', 'cache'],
  ['pluggable; fwd=uri-miss', 'computed'],
  ['pluggable; fwd=stale; collapsed', 'joined'],
  [null, 'computed'],
])('%j was answered: %s', (header, how) => {
  expect(howAnswered(header)).toBe(how);
});

it.each([
  ['cache;dur=0.12, compute;dur=870.50', 'compute', 870.5],
  ['cache;dur=0.12, compute;dur=870.50', 'cache', 0.12],
  ['cache;dur=0.12', 'compute', undefined],
  [null, 'compute', undefined],
])('%j: %s took %d ms', (header, name, ms) => {
  expect(timingOf(header, name)).toBe(ms);
});

describe('problemText', () => {
  it('is the detail, with the time after which to try again', async () => {
    const headers = { 'Retry-After': '3' };
    const response = Response.json({ status: 503, detail: 'the wait is too long' }, { status: 503, headers });

    expect(await problemText(response)).toBe('the wait is too long; try again in 3 s');
  });

  it.each(['<h1>Bad Gateway</h1>', '', 'null', '{"detail":5}'])('is the status for the body %j', async (body) => {
    expect(await problemText(new Response(body, { status: 502 }))).toBe('the service answered with status 502');
  });
});

describe('errorText', () => {
  it('says that the service does not answer only for a failure of the network', async () => {
    const refused: unknown = await fetch('http://127.0.0.1:1/').catch((error: unknown) => error);
    expect(errorText(refused)).toBe('the service does not answer');

    const broken: unknown = await new Response('{').json().catch((error: unknown) => error);
    expect(errorText(broken)).toContain('JSON');
  });

  it('says that a time limit has passed', () => {
    expect(errorText(new DOMException('signal timed out', 'TimeoutError'))).toBe(
      'the service has not answered in time',
    );
  });
});
