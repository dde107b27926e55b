// Invalid contract descriptions from plain JavaScript, which has no compiler to refuse them.
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
  it('is plain data, starts with the application’s contract, and omits the host side', () => {
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
  it.each<{ contract: unknown; message: string }>([
    { contract: { version: 1, methods }, message: 'the contract has no kind; wanted a name' },
    { contract: { kind: '', version: 1, methods }, message: 'the contract has no kind; wanted a name' },
    {
      contract: { kind: 'mailer', version: '1', methods },
      message: 'has the version 1; wanted a whole number, at least 1',
    },
    {
      contract: { kind: 'mailer', version: 0, methods },
      message: 'has the version 0; wanted a whole number, at least 1',
    },
    { contract: { kind: 'mailer', version: 1 }, message: 'has no methods; wanted an object with their descriptions' },
    { contract: method(undefined), message: 'has no description of send(); wanted an object with its args' },
    { contract: method(['mail']), message: 'has no args for send(); wanted the names of its data arguments' },
    { contract: method({}), message: 'has no args for send(); wanted the names of its data arguments' },
    { contract: method({ args: 'mail' }), message: 'has no args for send()' },
    { contract: method({ args: [1] }), message: 'has no args for send()' },
    { contract: method({ args: [], errors: 'E' }), message: 'has wrong errors for send(); wanted a list of codes' },
    {
      contract: method({ args: [], timeoutMs: '5' }),
      message: 'has 5 as timeoutMs of send(); wanted a whole number of',
    },
    { contract: method({ args: [], timeoutMs: 0 }), message: 'has 0 as timeoutMs of send()' },
    {
      contract: method({ args: [], timeoutMs: 2 ** 31 }),
      message: 'wanted a whole number of milliseconds, from 1 to 2147483647',
    },
    {
      contract: { ...mailer(1), methods: { ping: { args: [] } } },
      message: 'describes ping(); wanted methods with names other than ping, close, then',
    },
    // oxlint-disable-next-line unicorn/no-thenable
    { contract: { ...mailer(1), methods: { then: { args: [] } } }, message: 'describes then()' },
    {
      contract: { ...mailer(1), output: { sned: () => true } },
      message: 'checks the answers of the unknown method sned(); wanted checks of methods that it has',
    },
    {
      contract: { ...mailer(1), output: { send: { validate() {} } } },
      message: 'has a wrong check of the answers of send(); wanted a predicate or a Standard Schema',
    },
    { contract: { ...mailer(1), output: 'send' }, message: 'has a wrong output; wanted an object of checks' },
    {
      contract: { ...mailer(2), accepts: mailer(1) },
      message: 'accepts something that is not an adapter; wanted a list of results of adapter()',
    },
    { contract: { ...mailer(2), accepts: [mailer(1)] }, message: 'accepts something that is not an adapter' },
    {
      contract: { ...mailer(2), accepts: [{ from: method({}), adapt: () => ({}) }] },
      message: 'has no args for send()',
    },
    { contract: accepting(1, 1), message: 'accepts a version twice, or its own; wanted each older version once' },
    { contract: accepting(3), message: 'accepts a version twice, or its own' },
    {
      contract: { ...mailer(2), accepts: [adapter({ ...mailer(1), kind: 'post' }, (old) => old)] },
      message: 'accepts the kind "post"; wanted older versions of its own kind',
    },
  ])('is refused that $message', ({ contract, message }) => {
    expect(() => shapesOf(contract as Contract<object>)).toThrow(TypeError);
    expect(() => shapesOf(contract as Contract<object>)).toThrow(message);
  });
});
