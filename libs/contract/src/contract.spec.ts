// Compile-time checks of contracts and plugins, with the messages of the compiler. The type check covers the accepted lines.
import ts from 'typescript';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { adapter, type CallOptions, type Contract, defineContract, definePlugin, type Lifecycle } from './index.js';

interface OldMailer extends Lifecycle {
  send(to: string, options?: CallOptions): Promise<string>;
}

interface Mailer extends Lifecycle {
  send(mail: { to: string }, options?: CallOptions): Promise<{ id: string }>;
  count?(since: Date): Promise<number>;
}

const OLD_MAILER = defineContract<OldMailer>({ kind: 'mailer', version: 1, methods: { send: { args: ['to'] } } });
const MAILER = defineContract<Mailer>({
  kind: 'mailer',
  version: 2,
  methods: {
    send: { args: ['mail'], timeoutMs: 10_000, errors: ['INVALID_ADDRESS'] },
    count: { args: ['since'], optional: true },
  },
});

describe('defineContract', () => {
  it('describes kind, version and methods, and nothing else', () => {
    expect({ ...MAILER, with: undefined }).toEqual({
      kind: 'mailer',
      version: 2,
      methods: {
        send: { args: ['mail'], timeoutMs: 10_000, errors: ['INVALID_ADDRESS'] },
        count: { args: ['since'], optional: true },
      },
      with: undefined,
    });
  });

  it('returns a contract that fits into a list of any contracts', () => {
    const contracts: Contract<object>[] = [OLD_MAILER, MAILER];
    expect(contracts.map(({ version }) => version)).toEqual([1, 2]);
  });

  it('accepts a method that only rejects and a method with any answer', () => {
    const methods = { fail: { args: ['code'] }, read: { args: [] } } as const;
    expect(
      defineContract<{ fail(code: string): Promise<never>; read(): Promise<unknown> }>({
        kind: 'k',
        version: 1,
        methods,
      }),
    ).toMatchObject({ methods });
  });

  it('adds the host side to a copy and leaves the contract unchanged', () => {
    const output = { send: z.object({ id: z.string() }), count: (answer: unknown) => typeof answer === 'number' };
    const accepts = [
      adapter(OLD_MAILER, (old) => ({
        send: async (mail: { to: string }, options?: CallOptions) => ({ id: await old.send(mail.to, options) }),
      })),
    ];
    expect(MAILER.with({ output, accepts })).toMatchObject({ kind: 'mailer', version: 2, output, accepts });
    expect(MAILER.output).toBeUndefined();
  });
});

describe('definePlugin', () => {
  it('creates manifest and factory from one definition', async () => {
    const config = z.object({ SMTP_URL: z.url(), FROM: z.email().default('a@example.org') });
    const { manifest, Factory } = definePlugin(MAILER, {
      name: 'smtp',
      version: '1.0.0',
      config,
      env: { SMTP_URL: 'secret', FROM: 'public' },
      permissions: ['net'],
      create: ({ config: variables, callTimeoutMs, signal }) => {
        expectTypeOf(variables).toEqualTypeOf<{ SMTP_URL: string; FROM: string }>();
        return { send: async ({ to }) => ({ id: `${to} by ${variables.FROM} ${callTimeoutMs} ${signal.aborted}` }) };
      },
    });
    expect(manifest).toEqual({
      kind: 'mailer',
      contract: 2,
      name: 'smtp',
      version: '1.0.0',
      config,
      env: ['FROM'],
      secrets: ['SMTP_URL'],
      permissions: ['net'],
      telemetry: [],
    });
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const { signal } = new AbortController();
    const context = { config: { SMTP_URL: 'smtp://localhost', FROM: 'b@example.org' }, callTimeoutMs: 5, signal };
    const mailer = await Factory(log, context);
    await expect(mailer.send({ to: 'c' })).resolves.toEqual({ id: 'c by b@example.org 5 false' });
  });

  it('accepts a union of object schemas with the variables of all', () => {
    const config = z.discriminatedUnion('BY', [
      z.object({ BY: z.literal('smtp'), SMTP_URL: z.string() }),
      z.object({ BY: z.literal('file'), MAIL_DIR: z.string() }),
    ]);
    const env = { BY: 'public', SMTP_URL: 'secret', MAIL_DIR: 'public' } as const;
    const { manifest } = definePlugin(MAILER, { name: 'any', version: '1', config, env, create: () => sends });
    expect(manifest).toMatchObject({ env: ['BY', 'MAIL_DIR'], secrets: ['SMTP_URL'] });
  });

  it('requires neither configuration nor permissions', () => {
    const { manifest } = definePlugin(MAILER, { name: 'none', version: '1', create: () => sends });
    expect(manifest).toMatchObject({ config: undefined, env: [], secrets: [], permissions: [] });
  });
});

const sends = { send: async () => ({ id: '1' }) };

const HEAD = `
  import { adapter, type CallOptions, defineContract, definePlugin, type Lifecycle } from './index.js';
  import * as z from 'zod';
  interface Mailer extends Lifecycle { send(to: string, options?: CallOptions): Promise<string>; count?(since: Date): Promise<number> }
  const MAILER = defineContract<Mailer>({ kind: 'm', version: 1, methods: { send: { args: ['to'] }, count: { args: ['since'], optional: true } } });
  const head = { kind: 'm', version: 1 };
`;

/** A contract of one method, with these parameters and this answer, described by its argument names. */
const oneMethod = (method: string, args: string): string =>
  `defineContract<{ a${method} }>({ ...head, methods: { a: { args: ${args} } } });`;

const WRONG: readonly { readonly what: string; readonly code: string; readonly expected: RegExp }[] = [
  {
    what: 'a method that is missing',
    code: `defineContract<Mailer>({ ...head, methods: { count: { args: ['since'], optional: true } } });`,
    expected: /Property 'send' is missing/,
  },
  {
    what: 'a method that is unknown',
    code: `defineContract<{ a(): Promise<void> }>({ ...head, methods: { a: { args: [] }, wave: { args: [] } } });`,
    expected: /'wave' does not exist/,
  },
  {
    what: 'an optional method without optional: true',
    code: `defineContract<Mailer>({ ...head, methods: { send: { args: ['to'] }, count: { args: ['since'] } } });`,
    expected: /Property 'optional' is missing/,
  },
  {
    what: 'a required method with optional: true',
    code: `defineContract<Mailer>({ ...head, methods: { send: { args: ['to'], optional: true }, count: { args: ['since'], optional: true } } });`,
    expected: /Type 'true' is not assignable to type 'false'/,
  },
  {
    what: 'too few argument names',
    code: oneMethod('(x: string, y: number, options?: CallOptions): Promise<void>', "['x']"),
    expected: /Source has 1 element\(s\) but target requires 2/,
  },
  {
    what: 'the call options among the argument names',
    code: oneMethod('(x: string, options?: CallOptions): Promise<void>', "['x', 'options']"),
    expected: /Source has 2 element\(s\) but target allows only 1/,
  },
  {
    what: 'an optional data parameter',
    code: oneMethod('(x: string, y?: number): Promise<void>', "['x', 'y']"),
    expected: /only the trailing call options may be optional: write `\| undefined` instead of `\?`/,
  },
  {
    what: 'a rest parameter',
    code: oneMethod('(...names: string[]): Promise<void>', "['names']"),
    expected: /a rest parameter cannot cross: take an array/,
  },
  {
    what: 'a synchronous method',
    code: oneMethod('(x: string): string', "['x']"),
    expected: /a method returns a Promise/,
  },
  {
    what: 'a promise of an iterable',
    code: oneMethod('(x: string): Promise<AsyncIterable<string>>', "['x']"),
    expected: /return the AsyncIterable itself, not a Promise of it/,
  },
  {
    what: 'a member that is not a method',
    code: `defineContract<{ a: string }>({ ...head, methods: { a: { args: [] } } });`,
    expected: /a member is not a method/,
  },
  {
    what: 'a method named then',
    code: `defineContract<{ then(): Promise<void> }>({ ...head, methods: { then: { args: [] } } });`,
    expected: /a method named then would make the instance a promise/,
  },
  {
    what: 'a close of another shape',
    code: `defineContract<{ a(): Promise<void>; close(): void }>({ ...head, methods: { a: { args: [] } } });`,
    expected: /does not satisfy the constraint/,
  },
  {
    what: 'an answer check of another answer',
    code: `MAILER.with({ output: { send: z.object({ id: z.string() }) } });`,
    expected: /not assignable to type/,
  },
  {
    what: 'an adapter to another contract',
    code: `MAILER.with({ accepts: [adapter(MAILER, () => ({ wave: async () => {} }))] });`,
    expected: /not assignable to type/,
  },
  {
    what: 'a variable of the schema that env does not name',
    code: `definePlugin(MAILER, { name: 'x', version: '1', config: z.object({ A: z.string(), B: z.string() }), env: { A: 'public' }, create: () => ({ send: async () => '' }) });`,
    expected: /Property 'B' is missing/,
  },
  {
    what: 'a variable that the schema does not have',
    code: `definePlugin(MAILER, { name: 'x', version: '1', config: z.object({ A: z.string() }), env: { A: 'public', B: 'public' }, create: () => ({ send: async () => '' }) });`,
    expected: /'B' does not exist/,
  },
  {
    what: 'an instance of another shape',
    code: `definePlugin(MAILER, { name: 'x', version: '1', create: () => ({ send: async () => 1 }) });`,
    expected: /Type 'number' is not assignable to type 'string'/,
  },
];

describe('the compiler refuses', () => {
  const errors = diagnose(WRONG.map(({ code }) => code));

  it.each(WRONG.map(({ what, expected }, index) => ({ what, expected, error: errors[index] })))(
    '$what',
    ({ error, expected }) => {
      expect(error).toMatch(expected);
      expect(error?.length, 'the length of the message').toBeLessThan(1_200);
    },
  );
});

/** The messages of the compiler for each piece of code, in one program. */
function diagnose(codes: readonly string[]): readonly (string | undefined)[] {
  const names = codes.map((_, index) => `${import.meta.dirname}/wrong-${index}.ts`);
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2024,
    skipLibCheck: true,
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  const textOf = (file: string): string | undefined => {
    const code = codes[names.indexOf(file)];
    return code === undefined ? undefined : HEAD + code;
  };
  const program = ts.createProgram(names, options, {
    ...host,
    fileExists: (file) => textOf(file) !== undefined || host.fileExists(file),
    readFile: (file) => textOf(file) ?? host.readFile(file),
    getSourceFile: (file, version) => {
      const text = textOf(file);
      return text === undefined ? host.getSourceFile(file, version) : ts.createSourceFile(file, text, version);
    },
  });
  return names.map((name) => {
    const [first] = program.getSemanticDiagnostics(program.getSourceFile(name));
    return first && ts.flattenDiagnosticMessageText(first.messageText, '\n');
  });
}
