// npm run bench:plain-data: the cost of the plain data rule per call, compared with other ways to copy the same values.
import { deserialize, serialize } from 'node:v8';
import { plainCopy } from '../libs/host/dist/calls/plain-data.js';
import { median } from './figure.ts';

const CALLS = 200_000;
const ROUNDS = 15;
/** Largest allowed cost of the rule for a hit, argument and answer, in nanoseconds. */
const MOST_NS = 250;

const hit = { status: 'hit', value: '6765' };
const mail = {
  to: ['ada@example.org', 'ben@example.org'],
  subject: 'hello',
  attachments: [{ name: 'a.txt', bytes: new Uint8Array(64) }],
  sentAt: new Date(0),
};

const WAYS: readonly (readonly [what: string, copy: () => unknown])[] = [
  ['a hit of the cache: argument and answer', () => [plainCopy('20', 'key'), plainCopy(hit, 'answer')]],
  ['the same by structuredClone', () => [structuredClone('20'), structuredClone(hit)]],
  ['a mail with an attachment', () => plainCopy(mail, 'mail')],
  ['the same by structuredClone', () => structuredClone(mail)],
  ['the same by v8.serialize and deserialize', () => deserialize(serialize(mail)) as unknown],
];

for (const [what, copy] of WAYS) {
  const rounds = Array.from({ length: ROUNDS }, () => nsOf(copy)).slice(1);
  const goal = what.startsWith('a hit') ? `, wanted at most ${MOST_NS} ns` : '';
  console.log(`${what}: ${Math.round(median(rounds))} ns (worst round ${Math.round(Math.max(...rounds))} ns)${goal}`);
}

function nsOf(copy: () => unknown): number {
  const startedMs = performance.now();
  for (let call = 0; call < CALLS; call++) copy();
  return ((performance.now() - startedMs) * 1e6) / CALLS;
}
