// PrettyLog: levels and requests of the lines of pino.
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { PrettyLog } from './pretty-log.js';

it('holds the lines of a request, except those of level warn and above', () => {
  const printed: string[] = [];
  const pretty = new PrettyLog({ write: (line) => printed.push(line) });
  const log = pino({ level: 'debug' }, pretty);
  const end = pretty.requests.grouped(() => () => log.info('end'))();
  log.debug('waits');
  const first = printed.splice(0);
  log.warn('printed');
  const second = printed.splice(0);
  log.info('waits');
  end();

  expect([first, second, printed].map((lines) => lines.map((line) => /#1\S* .*?(\w+)/.exec(line)?.[1]))).toEqual([
    [],
    ['waits', 'printed'],
    ['waits', 'end'],
  ]);
});
