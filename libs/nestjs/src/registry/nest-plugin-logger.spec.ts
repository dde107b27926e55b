// Log lines of plugins in Nest's logger.
import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nestPluginLogger } from './nest-plugin-logger.js';

let lines: unknown[][] = [];

beforeEach(() => {
  lines = [];
  const at =
    (level: string) =>
    (...line: unknown[]) =>
      void lines.push([level, ...line]);
  Logger.overrideLogger({ log: at('log'), error: at('error'), warn: at('warn'), debug: at('debug') });
});

afterEach(() => {
  Logger.overrideLogger(['log', 'error', 'warn', 'debug', 'verbose', 'fatal']);
});

it('maps each level to Nest’s, under the context', () => {
  const logger = nestPluginLogger('CacheModule');
  for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]('message');
  expect(lines).toEqual([
    ['debug', 'message', 'CacheModule'],
    ['log', 'message', 'CacheModule'],
    ['warn', 'message', 'CacheModule'],
    ['error', 'message', undefined, 'CacheModule'], // Nest's place for a stack
  ]);
});

it('writes any fields after the message', () => {
  const fields: Record<string, unknown> = { key: '45', hits: 0n };
  fields['self'] = fields;
  nestPluginLogger('CacheModule').info('get', fields);
  expect(lines).toEqual([['log', "get <ref *1> { key: '45', hits: 0n, self: [Circular *1] }", 'CacheModule']]);
});

it('does not format the fields of a disabled debug line', () => {
  Logger.overrideLogger(['warn']);
  const fields = {
    [inspect.custom]: () => {
      throw new Error('spelled out');
    },
  };
  expect(() => nestPluginLogger('CacheModule').debug('get', fields)).not.toThrow();
});
