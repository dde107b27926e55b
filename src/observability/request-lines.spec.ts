// RequestLines: which lines wait, for how long, and in which order they are printed.
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestLines } from './request-lines.js';

const DEBUG = 20;
const WARN = 40;
const FATAL = 60;

let printed: string[] = [];
let lines = new RequestLines((line) => printed.push(line));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  printed = [];
  lines = new RequestLines((line) => printed.push(line));
});

afterEach(() => {
  vi.useRealTimers();
});

/** A request that prints `NAME end` at its end. */
function begin(name: string) {
  return new AsyncResource('request').runInAsyncScope(() => {
    const end = lines.grouped(() => () => lines.print(`${name} end`, DEBUG))();
    const run = AsyncLocalStorage.snapshot();
    return {
      end,
      run,
      print: (line: string, level = DEBUG): void => run(() => lines.print(line, level)),
      number: (): number | undefined => run(() => lines.currentNumber),
    };
  });
}

describe('the lines of a request', () => {
  it('are printed together at its end', () => {
    const [a, b] = [begin('a'), begin('b')];
    a.print('a1');
    b.print('b1');
    a.print('a2');
    lines.print('outside', DEBUG);
    b.end();
    a.end();

    expect(printed).toEqual(['outside', 'b1', 'b end', 'a1', 'a2', 'a end']);
  });

  it('have its number, also when another request ends it', () => {
    const [a, b] = [begin('a'), begin('b')];
    let atEnd: number | undefined;
    const end = lines.grouped(() => () => (atEnd = lines.currentNumber))();
    b.run(end);

    expect([a.number(), b.number(), atEnd]).toEqual([1, 2, 3]);
  });

  it('are printed after a second, and further ones at once', () => {
    const request = begin('a');
    request.print('a1');
    vi.advanceTimersByTime(999);
    expect(printed).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(printed).toEqual(['a1']);
    request.print('a2');

    expect(printed).toEqual(['a1', 'a2']);
  });

  it('are printed when there are 50', () => {
    const request = begin('a');
    for (let line = 1; line < 50; line++) request.print(String(line));
    expect(printed).toEqual([]);
    request.print('50');

    expect(printed).toHaveLength(50);
  });

  it('are printed at once while the lines of 100 requests wait', () => {
    const requests = Array.from({ length: 101 }, (_, index) => begin(String(index)));
    for (const [index, request] of requests.entries()) request.print(String(index));
    expect(printed).toEqual(['100']);
    requests[0]?.end();
    requests[100]?.print('waits now');

    expect(printed).toEqual(['100', '0', '0 end']);
  });

  it('have its number until a second after its end', () => {
    const request = begin('a');
    expect(request.number()).toBe(1);
    request.end();
    vi.advanceTimersByTime(1_000);
    expect(request.number()).toBe(1);
    vi.advanceTimersByTime(1);

    expect(request.number()).toBeUndefined();
    request.print('late');
    expect(printed).toEqual(['a end', 'late']);
  });
});

describe('a line', () => {
  it('of level warn is printed at once, after the earlier lines of its request', () => {
    const [a, b] = [begin('a'), begin('b')];
    a.print('a1');
    b.print('b1');
    a.print('a2', WARN);
    a.print('a3');

    expect(printed).toEqual(['a1', 'a2']);
  });

  it('of level fatal is printed after all waiting lines', () => {
    const [a, b] = [begin('a'), begin('b')];
    a.print('a1');
    b.print('b1');
    lines.print('fatal', FATAL);

    expect(printed).toEqual(['a1', 'b1', 'fatal']);
  });

  it('outside of the request has no number and does not wait', () => {
    let number: number | undefined = -1;
    lines.grouped(() => () => {})();
    lines.outside(() => {
      number = lines.currentNumber;
      lines.print('outside', DEBUG);
    });

    expect([number, printed]).toEqual([undefined, ['outside']]);
  });
});

it('prints all waiting lines at the end of the process', () => {
  begin('a').print('a1');
  begin('b').print('b1');
  lines.printAll();

  expect(printed).toEqual(['a1', 'b1']);
});
