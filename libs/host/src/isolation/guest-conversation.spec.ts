// Batches of a guest, without a real guest. test/promises/17 tests guests that send nonsense.
import { beforeEach, describe, expect, it } from 'vitest';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import { GuestConversation, type GuestStartRequest } from './guest-conversation.js';

const READY = { type: 'ready' };
const line = (message: string) => ({ type: 'log', level: 'info', message });

function begun() {
  const { logger, lines } = recordingLogger();
  const request = { source: { path: '/plugin.mjs' }, options: { logger }, onStep: () => {} };
  const conversation = new GuestConversation(request as unknown as GuestStartRequest, () => ({
    send: () => {},
    kill: async () => {},
  }));
  const codeOfStart = conversation.live.then(
    () => 'live',
    (error: { code: string }) => error.code,
  );
  return { conversation, codeOfStart, texts: () => lines.map(([, text]) => text) };
}

describe('a batch', () => {
  let started: ReturnType<typeof begun>;
  beforeEach(() => {
    started = begun();
  });

  it('is handled as its messages in order', () => {
    started.conversation.onMessage([READY, line('a'), line('b')]);
    started.conversation.onMessage([line('c')]);
    expect(started.conversation.phase).toBe('starting');
    expect(started.texts()).toEqual(['[plugin/plugin] a', '[plugin/plugin] b', '[plugin/plugin] c']);
  });

  it('is checked message by message, by the current state', async () => {
    started.conversation.onMessage([line('too early'), READY]);
    expect(await started.codeOfStart).toBe('PLUGIN_MISBEHAVED');
    expect(started.texts()).toEqual([]);
  });

  it('ends with the message that ends the guest', async () => {
    started.conversation.onMessage([READY, line('a'), READY, line('b')]);
    expect(await started.codeOfStart).toBe('PLUGIN_MISBEHAVED');
    started.conversation.onMessage([line('c')]);
    expect(started.texts()).toEqual(['[plugin/plugin] a']);
  });

  it.each([
    ['empty', []],
    ['too long', [READY, ...Array<object>(16).fill(line('a'))]],
    ['longer than anything', Array(2 ** 32 - 1)],
    ['of holes', Array(2)],
    ['in a batch', [[READY]]],
    ['a list without being one', { length: 1, 0: READY }],
    ['an iterable', new Set([READY])],
    ['a typed array', new Float64Array(2)],
  ])('ends the guest when it is %s', async (_, sent) => {
    started.conversation.onMessage(sent);
    expect(await started.codeOfStart).toBe('PLUGIN_MISBEHAVED');
    expect(started.texts()).toEqual([]);
  });

  it('is read only once, although its getters return other values later', () => {
    let reads = 0;
    const sent = Object.defineProperty([], 0, { get: () => (reads++ === 0 ? READY : null), enumerable: true });
    started.conversation.onMessage(sent);
    expect([started.conversation.phase, reads]).toEqual(['starting', 1]);
  });
});
