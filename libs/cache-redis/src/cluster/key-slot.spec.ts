// The slot of a key, compared with a real node.
import { expect, it } from 'vitest';
import { startRedisCluster } from '../../../../test/support/redis-cluster.js';
import { keySlot } from './key-slot.js';

const KEYS = ['', '42', 'lease:42', '{a}b', 'b{a}', 'x{}', '{}', '{}x}', 'f:{},{}', 'f:{', 'f:}{a}', '{{a}}', '{a}{b}'];

it('is that of Redis, whatever braces and letters the key has', async () => {
  await using cluster = await startRedisCluster({ nodes: 1 });
  const [node] = cluster.servers;
  const keys = [...KEYS, 'é', '漢字', '😀', '{😀}x', 'x'.repeat(1_000), '\u0001\u007f'];
  const slots = await Promise.all(keys.map(async (key) => Number(await node?.cli('CLUSTER', 'KEYSLOT', key))));

  expect(keys.map((key) => [key, keySlot(key)])).toEqual(keys.map((key, index) => [key, slots[index]]));
});

it('is that of the bytes that are sent for a lone surrogate', () => {
  expect(keySlot('\ud800x')).toBe(keySlot('\ufffdx'));
});
