// The logger of a plugin in a guest. It sends the lines to the host, bounded in rate and size.
import { inspect } from 'node:util';
import type { PluginLogger } from '@pluggable/contract';
import type { LogLevel } from '../plugin-options.js';
import { MAX_LINE_CHARS } from './guest-messages.js';
import { GUEST_LINES, LineBudget } from './line-budget.js';
import { sizeOfFields } from './plain-fields.js';
import { cut } from '../calls/rejection.js';
import type { MessageOf } from './protocol.js';

type Fields = MessageOf<'log'>['fields'];

export class ForwardingLogger implements PluginLogger {
  readonly debug = this.at('debug');
  readonly info = this.at('info');
  readonly warn = this.at('warn');
  readonly error = this.at('error');
  private readonly budget = new LineBudget({
    ...GUEST_LINES,
    onDropped: (lines) => this.sendLine('warn', `${lines} log lines dropped`, undefined),
  });

  constructor(private readonly send: (line: MessageOf<'log'>) => void) {}

  /** Reports the number of dropped lines. */
  end(): void {
    this.budget.end();
  }

  private at(level: LogLevel): PluginLogger['info'] {
    return (message, fields) => {
      if (this.budget.isSpent) return this.budget.drop(1);
      const { size, plain } = plainOf(fields);
      if (this.budget.take(Math.min(message.length, MAX_LINE_CHARS) + size)) this.sendLine(level, message, plain);
    };
  }

  private sendLine(level: LogLevel, message: string, fields: Fields): void {
    this.send({ type: 'log', level, message: cut(message, MAX_LINE_CHARS), fields });
  }
}

/** A clone of the fields; if they cannot be cloned or are too large, their text in the field `fields`. */
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
