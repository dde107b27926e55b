// Wrong descriptions of a contract, which the compiler would refuse: plain JavaScript has none.
import { adapter, type Contract, defineContract } from '@pluggable/contract';
import { describe, expect, it } from 'vitest';
import { shapesOf } from './contract-shape.js';

interface Mailer {
  send(mail: string): Promise<void>;
}

const mailer = (version: number): Contract<Mailer> =>
  defineContract<Mailer>({ kind: 'mailer', version, methods: { send: { args: ['mail'] } } });
const accepting = (...versions: readonly number[]) =>
  mailer(3).with({ accepts: versions.map((version) => adapter(mailer(version), (old) => old)) });

describe('the shape of a contract', () => {
  it('is plain data, the own contract first, without what only the host needs', () => {
    const contract = defineContract<Mailer & { count?(): Promise<number> }>({
      kind: 'mailer',
      version: 3,
      methods: { send: { args: ['mail'], timeoutMs: 5, errors: ['E'] }, count: { args: [], optional: true } },
    }).with({ output: { send: () => true }, accepts: [adapter(mailer(1), (old) => old)] });
    const shapes = shapesOf(contract);
    expect(shapes).toEqual([
      {
        kind: 'mailer',
        version: 3,
        methods: { send: { args: ['mail'], errors: ['E'] }, count: { args: [], optional: true } },
      },
      { kind: 'mailer', version: 1, methods: { send: { args: ['mail'] } } },
    ]);
    expect(structuredClone(shapes)).toEqual(shapes);
    expect(shapes[0].methods['send']?.args).not.toBe(contract.methods['send']?.args);
  });
});

const methods = { send: { args: ['mail'] } };
const method = (rule: unknown) => ({ kind: 'mailer', version: 1, methods: { send: rule } });

describe('a contract', () => {
  it.each<{ contract: unknown; says: string }>([
    { contract: { version: 1, methods }, says: 'the contract has no kind; wanted a name' },
    { contract: { kind: '', version: 1, methods }, says: 'the contract has no kind; wanted a name' },
    {
      contract: { kind: 'mailer', version: '1', methods },
      says: 'has the version 1; wanted a whole number, at least 1',
    },
    { contract: { kind: 'mailer', version: 0, methods }, says: 'has the version 0; wanted a whole number, at least 1' },
    { contract: { kind: 'mailer', version: 1 }, says: 'has no methods; wanted an object of their descriptions' },
    { contract: method(undefined), says: 'has no description of send(); wanted an object with its args' },
    { contract: method(['mail']), says: 'has no args for send(); wanted the names of its data arguments' },
    { contract: method({}), says: 'has no args for send(); wanted the names of its data arguments' },
    { contract: method({ args: 'mail' }), says: 'has no args for send()' },
    { contract: method({ args: [1] }), says: 'has no args for send()' },
    { contract: method({ args: [], errors: 'E' }), says: 'has wrong errors for send(); wanted a list of codes' },
    { contract: method({ args: [], timeoutMs: '5' }), says: 'has 5 as timeoutMs of send(); wanted a whole number of' },
    { contract: method({ args: [], timeoutMs: 0 }), says: 'has 0 as timeoutMs of send()' },
    {
      contract: method({ args: [], timeoutMs: 2 ** 31 }),
      says: 'wanted a whole number of milliseconds, from 1 to 2147483647',
    },
    {
      contract: { ...mailer(1), methods: { ping: { args: [] } } },
      says: 'describes ping(); wanted methods of other names than ping, close, then',
    },
    // oxlint-disable-next-line unicorn/no-thenable
    { contract: { ...mailer(1), methods: { then: { args: [] } } }, says: 'describes then()' },
    {
      contract: { ...mailer(1), output: { sned: () => true } },
      says: 'checks the answers of sned(); wanted methods that it has',
    },
    {
      contract: { ...mailer(1), output: { send: { validate() {} } } },
      says: 'has a wrong check of the answers of send(); wanted a predicate or a Standard Schema',
    },
    { contract: { ...mailer(1), output: 'send' }, says: 'has a wrong output; wanted an object of checks' },
    {
      contract: { ...mailer(2), accepts: mailer(1) },
      says: 'accepts what is no adapter; wanted a list of what adapter() makes',
    },
    { contract: { ...mailer(2), accepts: [mailer(1)] }, says: 'accepts what is no adapter' },
    { contract: { ...mailer(2), accepts: [{ from: method({}), adapt: () => ({}) }] }, says: 'has no args for send()' },
    { contract: accepting(1, 1), says: 'accepts a version twice, or its own; wanted each older one once' },
    { contract: accepting(3), says: 'accepts a version twice, or its own' },
    {
      contract: { ...mailer(2), accepts: [adapter({ ...mailer(1), kind: 'post' }, (old) => old)] },
      says: 'accepts the kind "post"; wanted older versions of its own',
    },
  ])('is refused that $says', ({ contract, says }) => {
    expect(() => shapesOf(contract as Contract<object>)).toThrow(TypeError);
    expect(() => shapesOf(contract as Contract<object>)).toThrow(says);
  });
});
