// The syntax of .env, and the refusal of lines that other readers would read differently.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigModule } from '@nestjs/config';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvFile } from './env-file.js';

const SECRET = 'hunter2-and-more';
const read = (text: string) => parseEnvFile(Buffer.from(text));

/** The values that @nestjs/config itself reads, with dotenv. */
async function valuesOfDotenv(path: string): Promise<unknown> {
  let values: unknown;
  await ConfigModule.forRoot({
    envFilePath: path,
    ignoreEnvVars: true,
    validate: (config) => {
      values = config;
      return {};
    },
  });
  return values;
}

describe('parseEnvFile', () => {
  it('reads assignments, quotes and comments', () => {
    const text = [
      '# a comment',
      '',
      'PORT=8080',
      'HOST =  localhost  ',
      'export LOG_LEVEL=info',
      'EMPTY=',
      'COMMENTED=a b # a comment',
      'NOTHING= # a comment',
      'EQUALS=a=b==',
      `SINGLE='a # b "c"' # a comment`,
      'DOUBLE="a#b\\nc"',
      'BACKTICK=`it\'s "quoted"`',
      'LINES="-----BEGIN',
      'AB==',
      '-----END"',
      'LAST=1',
    ].join('\n');
    const values = {
      PORT: '8080',
      HOST: 'localhost',
      LOG_LEVEL: 'info',
      EMPTY: '',
      COMMENTED: 'a b',
      NOTHING: '',
      EQUALS: 'a=b==',
      SINGLE: 'a # b "c"',
      DOUBLE: 'a#b\nc',
      BACKTICK: 'it\'s "quoted"',
      LINES: '-----BEGIN\nAB==\n-----END',
      LAST: '1',
    };

    expect(read(text)).toEqual({ values, problems: [] });
    expect(read(`\uFEFF${text.replaceAll('\n', '\r\n')}`)).toEqual({ values, problems: [] });
  });

  it.each([
    ['a # within the value', `A=1\nADMIN_TOKEN=${SECRET}#def`, 2, 'wanted it quoted: ADMIN_TOKEN="..."'],
    ['a value that begins with #', `ADMIN_TOKEN=#${SECRET}`, 1, 'wanted it quoted: ADMIN_TOKEN="..."'],
    ['a # before a comment', `ADMIN_TOKEN=${SECRET}#a # b`, 1, 'wanted it quoted'],
    ['a line without =', `ADMIN_TOKEN ${SECRET}`, 1, 'found a line that is not NAME=value'],
    ['a line with the command set', `set ADMIN_TOKEN=${SECRET}`, 1, 'found a line that is not NAME=value'],
    ['a line with a colon', `ADMIN_TOKEN: ${SECRET}`, 1, 'found a line that is not NAME=value'],
    ['no name', `=${SECRET}`, 1, 'found a line that is not NAME=value'],
    ['a quote that is not closed', `A=1\nADMIN_TOKEN="${SECRET}\nPORT=1`, 2, 'does not end with it'],
    ['a quote that the next value closes', `ADMIN_TOKEN="${SECRET}\nPORT=1\nHOST="`, 1, 'does not end with it'],
    ['the same quote within', `ADMIN_TOKEN="${SECRET}"def"`, 1, 'wanted the value in one of the other quotes'],
    [
      'the same quote within, escaped',
      `ADMIN_TOKEN="${SECRET}\\"def"`,
      1,
      'wanted the value in one of the other quotes',
    ],
    ['the same quote within, escaped before a #', `ADMIN_TOKEN="${SECRET}\\"#"`, 1, 'a backslash comes before a "'],
    [
      'the quote within a value of several lines',
      `ADMIN_TOKEN='a\n${SECRET}'b'`,
      1,
      'wanted the value in one of the other quotes',
    ],
    ['a name twice', `ADMIN_TOKEN=a\n\nADMIN_TOKEN=${SECRET}`, 3, 'ADMIN_TOKEN is set on line 1 already'],
  ])('refuses %s, with the number of the line and without the value', (_, text, line, sentence) => {
    const { problems } = read(text);

    expect(problems[0]).toContain(sentence);
    expect(problems[0]).toMatch(new RegExp(`^\\.env line ${line}: [^;\\n]+$`));
    expect(problems.join()).not.toContain(SECRET);
  });

  it.each([
    ['UTF-16', Buffer.from(`\uFEFFADMIN_TOKEN=${SECRET}`, 'utf16le'), '.env is UTF-16'],
    ['UTF-16 without a mark', Buffer.from(`ADMIN_TOKEN=${SECRET}`, 'utf16le'), '.env is UTF-16'],
    ['UTF-16 of the other order', Buffer.from(`\uFEFFADMIN_TOKEN=${SECRET}`, 'utf16le').swap16(), '.env is UTF-16'],
    ['Latin-1', Buffer.from(`A=1\nADMIN_TOKEN=${SECRET}ü`, 'latin1'), '.env is not UTF-8 on line 2'],
  ])('refuses %s', (_, bytes, sentence) => {
    expect(parseEnvFile(bytes)).toEqual({ values: {}, problems: [expect.stringContaining(sentence)] });
  });

  it('reports all problems together', () => {
    const { problems } = parseEnvFile(readFileSync('test/fixtures/plugins/faults/unreadable.env'));

    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['.env line 1', '.env line 2', '.env line 3']);
    expect(problems.join()).not.toMatch(/abc|def|s3cret|30s/);
  });

  it('reads every accepted file like dotenv', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pluggable-'));
    const path = join(folder, '.env');
    let taken = 0;
    const piece = fc.oneof(
      fc.constantFrom('A=', 'B_2=', 'export C=', '\n', '\r\n', '#', ' #'),
      fc.constantFrom('x', ' ', '"', "'", '`', '\\', '\\n', '=', ':', 'ü'),
    );
    const property = fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const { values, problems } = read(pieces.join(''));
      if (problems.length > 0) return;
      taken += 1;
      await writeFile(path, pieces.join(''));
      expect(await valuesOfDotenv(path)).toEqual(values);
    });
    await fc.assert(property, { numRuns: 1_000 });
    await rm(folder, { recursive: true });

    expect(taken).toBeGreaterThan(200);
  });
});
