// Calls and messages of a host, without a real guest.
import { getEventListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CallLife } from '../calls/call-life.js';
import { PluginError } from '../plugin.error.js';
import { RemoteInstance } from './remote-instance.js';

const END = new PluginError('PLUGIN_ENDED', { path: '/p.mjs', found: 'an end', wanted: 'life', fix: 'see its log' });

function opened() {
  const sent: unknown[] = [];
  let isKilled = false;
  const guest = {
    send: (message: unknown) => void sent.push(structuredClone(message)),
    kill: async () => void (isKilled = true),
  };
  const remote = new RemoteInstance(guest, new Set(['get']), '/p.mjs');
  const call = (key: unknown, life = new CallLife()): Promise<unknown> => {
    const answer = remote.call('get', [key], life);
    answer.catch(() => undefined);
    return answer;
  };
  return { remote, sent, call, isKilled: () => isKilled };
}

const unsendable = (): void => {};
const message = (id: number, key: string) => ({ type: 'call', id, method: 'get', args: [key] });

describe('the calls of one turn', () => {
  it('cross as a batch, except the first one when no call is in flight', async () => {
    const { sent, call } = opened();
    for (const key of ['a', 'b', 'c']) void call(key);
    expect(sent).toEqual([message(1, 'a')]);
    await nextTurn();
    expect(sent).toEqual([message(1, 'a'), [message(2, 'b'), message(3, 'c')]]);
  });

  it('cross before their aborts', async () => {
    const { remote, sent, call } = opened();
    const life = new CallLife();
    void call('a');
    const aborted = call('b', life);
    void call('c');
    life.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    await nextTurn();
    expect(sent[1]).toEqual([message(2, 'b'), message(3, 'c'), { type: 'abort', id: 2 }]);
    expect(remote.unacknowledgedAborts()).toBe(1);
    remote.onMessage({ type: 'aborted', id: 2 });
    expect(remote.unacknowledgedAborts()).toBe(0);
  });

  it('cross before the close', async () => {
    const { remote, sent, call } = opened();
    for (const key of ['a', 'b']) void call(key);
    void remote.close();
    expect(sent).toEqual([message(1, 'a'), [message(2, 'b'), { type: 'close' }]]);
  });

  it('fail only individually when they cannot be sent', async () => {
    const { remote, sent, call } = opened();
    const life = new CallLife();
    await expect(call(unsendable)).rejects.toThrow('could not be cloned');
    const answers = [call('a'), call(unsendable), call('b'), call(unsendable, life), call(unsendable)];
    life.abort();
    await nextTurn();
    for (const index of [1, 4]) await expect(answers[index]).rejects.toThrow('could not be cloned');
    await expect(answers[3]).rejects.toMatchObject({ name: 'AbortError' });
    expect(remote.unacknowledgedAborts()).toBe(0);
    expect(sent).toEqual([message(2, 'a'), message(4, 'b'), { type: 'abort', id: 5 }]);
    remote.onMessage({ type: 'answer', id: 2, answer: 'of a' });
    remote.onMessage({ type: 'answer', id: 4, answer: 'of b' });
    await expect(Promise.all([answers[0], answers[2]])).resolves.toEqual(['of a', 'of b']);
  });

  it('do not cross when the guest is killed before the turn is over', async () => {
    const { remote, sent, call } = opened();
    void call('a');
    void call('b');
    await remote.kill();
    await nextTurn();
    expect(sent).toEqual([message(1, 'a')]);
  });

  it('reject when the guest ends before the turn is over, and do not cross', async () => {
    const { remote, sent, call, isKilled } = opened();
    const answers = [call('a'), call('b')];
    remote.end(END);
    await nextTurn();
    for (const answer of answers) await expect(answer).rejects.toBe(END);
    await expect(call('c')).rejects.toBe(END);
    expect(sent).toEqual([message(1, 'a')]);
    expect(isKilled()).toBe(true);
  });
});

it('leaves no listener on the signal of a caller that received an answer', async () => {
  const { remote } = opened();
  const { signal } = new AbortController();
  const answers = [remote.call('get', ['a'], signal), remote.call('get', ['b'], signal)];
  remote.onMessage({ type: 'answer', id: 1, answer: 1 });
  remote.onMessage({ type: 'failure', id: 2, error: { name: 'Error', message: 'x', code: undefined, details: undefined, stack: undefined, cause: undefined } }); // prettier-ignore
  await Promise.allSettled(answers);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
