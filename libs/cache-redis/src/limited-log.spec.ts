// The limit of the lines per minute.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { recordingLogger } from '../../../test/support/recording-logger.js';
import { limitedLog } from './limited-log.js';

it('drops the lines above the limit, says so once, and begins again', async () => {
  const { logger, lines } = recordingLogger();
  const log = limitedLog(logger, 500);
  for (let times = 0; times < 1_000; times++) log.info('line', { times });
  log.debug('details');
  const counts = [lines.length, lines.at(299)?.[2], lines.at(300)?.[1], lines.at(301)?.[1]];
  await delay(600);
  log.error('later');

  expect(counts).toEqual([302, { times: 299 }, 'too many lines; the next ones are not logged', 'details']);
  expect(lines.at(-1)).toEqual(['error', 'later', undefined]);
});
