// What a command line may say.
import { describe, expect, it } from 'vitest';
import { parseFlags } from './flags.js';
import { settingInfos } from './settings.js';

describe('parseFlags', () => {
  it.each([
    [['--port', '0'], { PORT: '0' }],
    [['--port=0', '--log-level=debug'], { PORT: '0', LOG_LEVEL: 'debug' }],
    [['-port=8080'], { PORT: '8080' }],
    [['-port', '8080', '-cache-expiration', '1m30s'], { PORT: '8080', CACHE_EXPIRATION: '1m30s' }],
    [['-cache-plugin-path=./a=b.mjs'], { CACHE_PLUGIN_PATH: './a=b.mjs' }],
    [['--cache-plugin-path='], { CACHE_PLUGIN_PATH: '' }],
    [[], {}],
  ])('reads %j, with two dashes or with one as Go does', (args, flags) => {
    expect(parseFlags(args)).toEqual({ flags, problems: [] });
  });

  it.each([
    [['--prot=1'], ["unknown option '--prot=1' (Did you mean --port?)"]],
    [['-prot=1'], ["unknown option '--prot=1' (Did you mean --port?)"]],
    [['--prot', '8081'], ["unknown option '--prot' (Did you mean --port?)"]],
    [['--port', '8081', '8081'], ['too many arguments. Expected 0 arguments but got 1: 8081']],
    [['8081', '--port', '8081'], ['too many arguments. Expected 0 arguments but got 1: 8081']],
    [['--port'], ["option '--port <value>' argument missing"]],
    [['serve'], ['too many arguments. Expected 0 arguments but got 1: serve']],
    [
      ['serve', '--prot=1', '--host=a', 'now', '-x', '--prot=1', '--pot', '--port'],
      [
        "option '--port <value>' argument missing",
        "unknown option '--prot=1' (Did you mean --port?)",
        "unknown option '-x'",
        "unknown option '--pot' (Did you mean --port?)",
        'too many arguments. Expected 0 arguments but got 2: serve, now',
      ],
    ],
  ])('says of %j all that is wrong, each in one sentence', (args, problems) => {
    expect(parseFlags(args)).toMatchObject({ problems });
  });

  it('gives the flags that are right beside those that are wrong', () => {
    expect(parseFlags(['--port=1', '--prot=2', '--host=a'])).toMatchObject({ flags: { PORT: '1', HOST: 'a' } });
  });

  it('answers --help with every setting, its variable and its default', () => {
    const commandLine = parseFlags(['--help']);
    const answer = 'answer' in commandLine ? commandLine.answer : '';

    for (const { variable } of settingInfos()) expect(answer).toContain(variable);
    expect(answer.replace(/\s+/g, ' ')).toContain('how long a cached value is kept (CACHE_EXPIRATION, default: 15s)');
  });

  it.each(['--version', '-V', '-version'])('answers %s with the version of the package', (flag) => {
    expect(parseFlags([flag])).toEqual({ answer: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});
