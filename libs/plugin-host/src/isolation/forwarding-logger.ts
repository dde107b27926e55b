// A plugin's logger in its guest: its lines go to the host, bounded in number and size.
import { inspect } from 'node:util';
import type { PluginLogger } from '@pluggable/plugin-contract';
import type { LogLevel } from '../plugin-options.js';
import { MAX_LINE_CHARS } from './guest-messages.js';
import { GUEST_LINES, LineBudget } from './line-budget.js';
import { sizeOfFields } from './plain-fields.js';
import { cut, type MessageOf } from './protocol.js';

type Fields = MessageOf<'log'>['fields'];

export function forwardingLogger(send: (line: MessageOf<'log'>) => void): PluginLogger {
  const sendLine = (level: LogLevel, message: string, fields: Fields): void =>
    send({ type: 'log', level, message: cut(message, MAX_LINE_CHARS), fields });
  const budget = new LineBudget({
    ...GUEST_LINES,
    onDropped: (lines) => sendLine('warn', `${lines} log lines dropped`, undefined),
  });
  const at =
    (level: LogLevel): PluginLogger['info'] =>
    (message, fields) => {
      if (budget.isSpent) return budget.drop(1);
      const { size, plain } = plainOf(fields);
      if (budget.take(Math.min(message.length, MAX_LINE_CHARS) + size)) sendLine(level, message, plain);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The fields as they can cross; as text, in the field `fields`, when they cannot, or are too large. */
function plainOf(fields: Fields): { readonly size: number; readonly plain: Fields } {
  try {
    const plain = structuredClone(fields);
    const size = sizeOfFields(plain);
    if (size !== undefined) return { size, plain };
  } catch {
    // A function, or a getter that throws.
  }
  const text = cut(textOf(fields), MAX_LINE_CHARS);
  return { size: text.length, plain: { fields: text } };
}

function textOf(fields: unknown): string {
  try {
    return inspect(fields);
  } catch {
    return 'fields that cannot be shown';
  }
}
