// The command line: flags, --help, --version, and the sentence for each mistake.
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
    [['--port', '-1'], { PORT: '-1' }],
    [['--cache-plugin-path', '-a-b'], { CACHE_PLUGIN_PATH: '-a-b' }],
    [['--port=1', '-port', '2'], { PORT: '2' }],
    [[], {}],
  ])('reads %j', (args, flags) => {
    expect(parseFlags(args)).toEqual({ flags, problems: [] });
  });

  it.each([
    [['--prot=1'], ['unknown flag --prot (did you mean --port?)']],
    [['-prot=1'], ['unknown flag -prot (did you mean --port?)']],
    [['--prot', '8081'], ['unknown flag --prot (did you mean --port?)']],
    [['--logLevel=info'], ['unknown flag --logLevel (did you mean --log-level?)']],
    [['--port', '8081', '8081'], ['unexpected argument "8081", wanted only flags']],
    [['8081', '--port', '8081'], ['unexpected argument "8081", wanted only flags']],
    [['--port'], ['--port has no value, wanted --port=<value>']],
    [['-port'], ['-port has no value, wanted -port=<value>']],
    [['serve'], ['unexpected argument "serve", wanted only flags']],
    [['--'], ['unexpected argument "--", wanted only flags']],
    [['-'], ['unexpected argument "-", wanted only flags']],
    [['---port=1'], ['unexpected argument "---port=1", wanted only flags']],
    [['--no-port'], ['unknown flag --no-port']],
    [
      ['--constructor', '--__proto__=1'],
      ['unknown flag --constructor', 'unknown flag --__proto__'],
    ],
    [
      ['serve', '--prot=1', '--host=a', 'now', '-x', '--prot=1', '--pot', '--port'],
      [
        'unexpected argument "serve", wanted only flags',
        'unknown flag --prot (did you mean --port?)',
        'unexpected argument "now", wanted only flags',
        'unknown flag -x',
        'unknown flag --pot (did you mean --port?)',
        '--port has no value, wanted --port=<value>',
      ],
    ],
  ])('reports every mistake in %j, one sentence each', (args, problems) => {
    expect(parseFlags(args)).toMatchObject({ problems });
  });

  it('returns the valid flags with the problems', () => {
    expect(parseFlags(['--port=1', '--prot=2', '--host=a'])).toMatchObject({ flags: { PORT: '1', HOST: 'a' } });
  });

  it('answers --help with every setting, its variable and its default', () => {
    const commandLine = parseFlags(['--help']);
    const answer = 'answer' in commandLine ? commandLine.answer : '';

    for (const { variable } of settingInfos()) expect(answer).toContain(variable);
    expect(answer.replace(/\s+/g, ' ')).toContain('how long a cached value is kept (CACHE_EXPIRATION, default: 15s)');
  });

  it.each(['--version', '-V', '-version', '--port=1 --prot --version'])(
    'answers %s with the version of the package',
    (flag) => {
      expect(parseFlags(flag.split(' '))).toEqual({ answer: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    },
  );
});
