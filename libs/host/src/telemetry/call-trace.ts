// The trace of one call, in the thread of the plugin: its parent, and the spans of the plugin's libraries.
import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import type { Mask } from '../log/secrets.js';
import { reasonOf } from '../plugin.error.js';
import {
  type LibrarySpan,
  MAX_ATTRIBUTES,
  MAX_SPAN_NAME_CHARS,
  MAX_SPAN_TEXT_CHARS,
  MAX_SPANS,
} from './library-span.js';

const running = new AsyncLocalStorage<CallTrace>();
/** The channels to which this thread has subscribed. */
const subscribed = new Set<string>();

/** A span that has not ended, by the message of its channel. */
type Started = WeakMap<object, { readonly startMs: number; readonly trace: CallTrace }>;

export class CallTrace {
  /** Ended spans. At most {@link MAX_SPANS}. */
  readonly spans: LibrarySpan[] = [];

  /** @param traceparent in the format of W3C Trace Context */
  constructor(readonly traceparent: string) {}

  /** The trace of the call that runs now. */
  static current(): CallTrace | undefined {
    return running.getStore();
  }

  /** Runs the work so that the operations of libraries belong to this trace. */
  run<Result>(work: () => Result): Result {
    return running.run(this, work);
  }

  /** The spans, with secrets masked: their library may have put one into an error or an attribute. */
  maskedSpans(mask: Mask): readonly LibrarySpan[] {
    const masked = <Value>(value: Value): Value | string => (typeof value === 'string' ? mask(value) : value);
    return this.spans.map(({ error, attributes, ...span }) => ({
      ...span,
      error: error && mask(error),
      attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, masked(value)])),
    }));
  }

  add(spans: readonly LibrarySpan[]): void {
    this.spans.push(...spans.slice(0, MAX_SPANS - this.spans.length));
  }
}

/** Collects the spans of these tracing channels in the traces of their calls, for the life of the thread. */
export function collectSpans(channels: readonly string[]): void {
  for (const name of channels) {
    if (subscribed.has(name)) continue;
    subscribed.add(name);
    subscribe(name);
  }
}

function subscribe(name: string): void {
  const started: Started = new WeakMap();
  const end = (message: unknown): void => {
    if (!isObject(message)) return;
    const span = started.get(message);
    if (span === undefined) return;
    started.delete(message);
    const { startMs, trace } = span;
    trace.add([{ channel: name, startMs, endMs: nowMs(), ...contentOf(message) }]);
  };
  tracingChannel(name).subscribe({
    start: (message) => {
      const trace = CallTrace.current();
      if (trace !== undefined && isObject(message)) started.set(message, { startMs: nowMs(), trace });
    },
    // A synchronous operation has a result or an error now; an asynchronous one has none yet.
    end: (message) => {
      if ('result' in message || 'error' in message) end(message);
    },
    asyncEnd: end,
  });
}

function contentOf(message: object): Pick<LibrarySpan, 'error' | 'attributes'> {
  const { error, result: _, ...rest } = message as Record<string, unknown>;
  const attributes = Object.entries(rest).filter(isAttribute).slice(0, MAX_ATTRIBUTES);
  return {
    error: error === undefined ? undefined : cutText(reasonOf(error)),
    attributes: Object.fromEntries(
      attributes.map(([key, value]) => [key, typeof value === 'string' ? cutText(value) : value]),
    ),
  };
}

function isAttribute(entry: [string, unknown]): entry is [string, string | number | boolean] {
  return entry[0].length <= MAX_SPAN_NAME_CHARS && ['string', 'number', 'boolean'].includes(typeof entry[1]);
}

function cutText(text: string): string {
  return text.slice(0, MAX_SPAN_TEXT_CHARS);
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
