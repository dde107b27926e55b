// Invalid texts for n, as bytes on a socket: refused without a look-up and without a computation.
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { MEMORY_PLUGIN, type Program, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { type RawAnswer, RawClient, requestFor } from '../support/raw-client.js';

/** Every valid n is cheap: long computations would only slow the test. */
const MAX_N = 25;
const canonical = new Set(Array.from({ length: MAX_N + 1 }, (_, n) => String(n)));
const rightN = fc.nat({ max: MAX_N }).map(String);

const encoded = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
/** RFC 3986, 2.3, and the rest of pchar, 3.3: the characters that need no escape in a path segment. */
const mayBeBare = (character: string): boolean => /[\w.~!$&'()*+,;=:@-]/.test(character);

/** A text as a path segment. Characters that need no escape are sometimes escaped as well. */
function segment(text: string, escapes: readonly boolean[]): string {
  return Array.from(text)
    .map((character, index) =>
      mayBeBare(character) && !escapes[index % escapes.length] ? character : encoded(character),
    )
    .join('');
}

const digits = ['0123456789', '０１２３４５６７８９', '٠١٢٣٤٥٦٧٨٩', '०१२३४५६७८९', '𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗', '⁰¹²³⁴⁵⁶⁷⁸⁹'].map(
  (ten) => Array.from(ten),
);
const inAnyScript = fc
  .array(fc.tuple(fc.constantFrom(...digits), fc.nat({ max: 9 })), { minLength: 1, maxLength: 3 })
  .map((written) => written.map(([script, digit]) => script[digit]).join(''));
/** A valid n with one defect. */
const mutated = fc
  .tuple(
    rightN,
    fc.nat({ max: 3 }),
    fc.constantFrom(
      '0',
      '00',
      '+',
      '-',
      ' ',
      '\t',
      '\n',
      '\r\n',
      '\0',
      '_',
      '.',
      ',',
      '.0',
      'e',
      'e2',
      'n',
      'x',
      '0x',
      '%',
      '/',
      '\\',
      '\u200B',
      '\uFEFF',
      '\u00A0',
      '#',
      '?',
    ),
  )
  .map(([n, at, wrong]) => n.slice(0, at) + wrong + n.slice(at));
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)), maxLength: 4 }),
  fc.double().map(String),
  fc.bigInt().map(String),
  inAnyScript,
  mutated,
  rightN,
);

/** Number of parallel requests: sequential ones would take minutes on a busy machine. */
const together = <Value>(one: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> =>
  fc.array(one, { minLength: 1, maxLength: 40, size: 'max' });
const RUNS = { numRuns: 40 };

function statusOf(n: string): number {
  // A path without a route.
  if (n === '') return 404;
  return canonical.has(n) ? 200 : 400;
}

/** As they appear in a path. */
const NEARLY = [
  '-1 1e2 0x10 0b11 0o7 007 +5 %205 5%20 5.0 1_0 5n 5,6 5;v=1 [5]',
  '26 50 79 4294967301 9007199254740993 18446744073709551621 NaN Infinity true null',
  '%FF % %2 %zz 5%00 %005 5%0A 5%0D%0A %2535 5%2F 5%3F ..%2Ffib%2F5',
  '%EF%BC%95 %D9%A5 %E2%81%B5 5%E2%80%8B %EF%BB%BF5 %C2%A05 %C0%B5 %u0035',
].flatMap((some) => some.split(' '));

/** Sends a request with an unmodified request target. */
async function getRaw(url: string, target: string): Promise<RawAnswer | undefined> {
  using client = await RawClient.connect(url);
  await client.send(Buffer.from(requestFor(target, ['Connection: close']), 'latin1'));
  return (await client.closed())[0];
}

promise(7, () => {
  let program: Program;
  let linesBefore: number;
  beforeAll(async () => {
    program = await startProgram({
      env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_EXPIRATION: '1h', FIB_MAX_N: String(MAX_N) },
    });
  });
  afterAll(() => program[Symbol.asyncDispose]());
  beforeEach(async () => {
    await program.caughtUp();
    linesBefore = program.lines.length;
  });

  /** The work since the start of the test, besides answering. */
  async function work(): Promise<string[]> {
    await program.caughtUp();
    const ofRefusals = ['request completed', 'unreadable request'];
    return program.lines
      .slice(linesBefore)
      .map(({ msg }) => msg)
      .filter((message) => !ofRefusals.includes(message));
  }

  async function statusesOf(targets: readonly string[]): Promise<(number | undefined)[]> {
    return await Promise.all(targets.map(async (target) => (await getRaw(program.url, target))?.status));
  }

  it('any text, bare or escaped, is answered 200 if it is the decimal of an n, otherwise 400, and only a valid n is looked up', async ({
    task,
  }) => {
    let right = 0;
    let wrong = 0;
    const escapes = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(together(fc.tuple(text, escapes)), async (asked) => {
        const wanted = asked.map(([n]) => statusOf(n));
        right += wanted.filter((status) => status === 200).length;
        wrong += wanted.filter((status) => status !== 200).length;
        expect(await statusesOf(asked.map(([n, escaped]) => `/fib/${segment(n, escaped)}`))).toEqual(wanted);
      }),
      RUNS,
    );

    const lookUps = (await work()).filter((message) => message.startsWith('cache '));
    expect(lookUps).toHaveLength(right);
    expect(wrong).toBeGreaterThan(100);
    figure(task, `${wrong} wrong texts, 0 look-ups`);
  });

  it('random bytes are refused by the route or before it', async () => {
    // A blank or a line break would end the target, and a question mark the path.
    const bytes = fc
      .string({
        unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
        minLength: 1,
      })
      .filter((target) => !/[ \r\n?#%]/.test(target) && !canonical.has(target));
    await fc.assert(
      fc.asyncProperty(together(bytes), async (asked) => {
        const statuses = await statusesOf(asked.map((target) => `/fib/${target}`));
        expect(statuses.filter((status) => status !== 400 && status !== 404)).toEqual([]);
      }),
      RUNS,
    );

    expect(await work()).toEqual([]);
  });

  it('an almost valid n is answered 400, and costs nothing', async () => {
    const statuses = await statusesOf(NEARLY.map((n) => `/fib/${n}`));

    expect(statuses).toEqual(NEARLY.map(() => 400));
    expect(await work()).toEqual([]);
  });

  it('too many digits are answered 400, and 431 above the limit of headers', async () => {
    const lengths = [10_000, 15_000, 17_000, 100_000];
    const statuses = await statusesOf(
      lengths.flatMap((length) => ['1', '0'].map((digit) => `/fib/${digit.repeat(length)}`)),
    );

    expect(statuses).toEqual([400, 400, 400, 400, 431, 431, 431, 431]);
    expect(await work()).toEqual([]);
  });

  it('another path is answered 404, and costs nothing', async () => {
    const statuses = await statusesOf(['/fib/5/', '/fib//5', '/fib/5/6', '/fib/', '/fib', '/fib/../fib/5', '//fib/5']);

    expect(statuses).toEqual(statuses.map(() => 404));
    expect(await work()).toEqual([]);
  });

  // RFC 3986, 6.2.2.2.
  it('an n in an equivalent spelling of the path is answered', async () => {
    const answers = await Promise.all(
      ['%35', '%31%30', '1%30', '10?n=-1', '0'].map((n) => getRaw(program.url, `/fib/${n}`)),
    );

    expect(answers.map((answer) => answer?.body)).toEqual(
      [5, 55, 55, 55, 0].map((result) => JSON.stringify({ result })),
    );
  });
});
