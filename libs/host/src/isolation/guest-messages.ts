// Checks messages of a guest, which is untrusted: the shape of each message, and whether it is allowed in the current phase.
import { isPlainObject } from '../calls/object-kinds.js';
import { NotPlain } from '../calls/not-plain.js';
import { plainCopy } from '../calls/plain-data.js';
import { LOG_LEVELS } from '../plugin-options.js';
import { MAX_BATCH } from './batch.js';
import { LineBudget } from './line-budget.js';
import {
  type Body,
  errorIn,
  isId,
  isListOfTexts,
  isManifest,
  isNotPlain,
  isParts,
  isText,
  ownValues,
  spansIn,
} from './message-parts.js';
import { sizeOfFields } from './plain-fields.js';
import type { FromGuest, MessageOf } from './protocol.js';

/** Longest log line that a guest may send, in characters. */
export const MAX_LINE_CHARS = 8_192;
/** Longest name of a step, in characters. */
const MAX_STEP_CHARS = 200;

/**
 * `spawned`: no message has arrived. `starting`: the plugin's module runs. `configured`: the variables were sent. `ended`: all
 * messages are ignored.
 */
export type GuestPhase = 'spawned' | 'starting' | 'configured' | 'live' | 'ended';

/** The messages that the host expects. */
export interface ExpectedMessages {
  readonly phase: GuestPhase;
  /** Whether the guest has not replied to this call. */
  isOpen(id: number): boolean;
  isAborted(id: number): boolean;
  readonly isBeatExpected: boolean;
  readonly isCloseExpected: boolean;
}

/** A message that the protocol does not allow. */
export class UnexpectedMessage extends Error {}

interface Rule<Type extends FromGuest['type']> {
  /** @returns the message with only the known own properties; undefined if the shape is wrong */
  readonly read: (body: Body) => MessageOf<Type> | undefined;
  readonly isAllowed: (message: MessageOf<Type>, expected: ExpectedMessages) => boolean;
}

const isStarting = (_: FromGuest, { phase }: ExpectedMessages): boolean =>
  phase === 'starting' || phase === 'configured';

const RULES: { readonly [Type in FromGuest['type']]: Rule<Type> } = {
  ready: {
    read: () => ({ type: 'ready' }),
    isAllowed: (_, { phase }) => phase === 'spawned',
  },
  step: {
    read: ({ step }) => (isText(step, MAX_STEP_CHARS) ? { type: 'step', step } : undefined),
    isAllowed: isStarting,
  },
  manifest: {
    read: ({ manifest }) => (isManifest(manifest) ? { type: 'manifest', manifest } : undefined),
    isAllowed: (_, { phase }) => phase === 'starting',
  },
  live: {
    read: ({ methods }) => (isListOfTexts(methods) ? { type: 'live', methods } : undefined),
    isAllowed: (_, { phase }) => phase === 'configured',
  },
  refused: {
    read: ({ error: sent, parts }) => {
      const error = errorIn(sent);
      return error && (parts === undefined || isParts(parts)) ? { type: 'refused', error, parts } : undefined;
    },
    isAllowed: isStarting,
  },
  answer: {
    read: (body) => {
      const { id, answer } = body;
      const spans = spansIn(body['spans']);
      if (!isId(id) || !('answer' in body) || spans === null) return undefined;
      return { type: 'answer', id, answer: plainCopy(answer, 'answer'), spans };
    },
    isAllowed: ({ id }, expected) => expected.isOpen(id),
  },
  failure: {
    read: ({ id, error: sent, spans: sentSpans }) => {
      const error = errorIn(sent);
      const spans = spansIn(sentSpans);
      return isId(id) && error && spans !== null ? { type: 'failure', id, error, spans } : undefined;
    },
    isAllowed: ({ id }, expected) => expected.isOpen(id),
  },
  unsendable: {
    read: ({ id, what }) => (isId(id) && isNotPlain(what) ? { type: 'unsendable', id, what } : undefined),
    isAllowed: ({ id }, expected) => expected.isOpen(id),
  },
  aborted: {
    read: ({ id }) => (isId(id) ? { type: 'aborted', id } : undefined),
    isAllowed: ({ id }, expected) => expected.isAborted(id),
  },
  beat: {
    read: () => ({ type: 'beat' }),
    isAllowed: (_, { isBeatExpected }) => isBeatExpected,
  },
  log: {
    read: ({ level, message, fields }) => {
      const known = LOG_LEVELS.find((name) => name === level);
      if (known === undefined || !isText(message, MAX_LINE_CHARS)) return undefined;
      return fields === undefined || isPlainObject(fields) ? { type: 'log', level: known, message, fields } : undefined;
    },
    isAllowed: (_, { phase }) => phase !== 'spawned',
  },
  closed: {
    read: ({ error: sent }) => {
      const error = errorIn(sent);
      return sent === undefined || error ? { type: 'closed', error } : undefined;
    },
    isAllowed: (_, { isCloseExpected }) => isCloseExpected,
  },
  fatal: {
    read: ({ error: sent }) => {
      const error = errorIn(sent);
      return error && { type: 'fatal', error };
    },
    isAllowed: () => true,
  },
};

/** Limit of unrequested messages: twice the guest's own rate; the burst covers a host that was busy for 20 s. */
const UNREQUESTED = { burst: 20_000, perSecond: 2_000 } as const;

export class GuestMessages {
  private readonly budget = new LineBudget(UNREQUESTED);

  /** @returns the unchecked messages of a batch, or a single message. @throws UnexpectedMessage */
  messagesOf(sent: unknown): readonly unknown[] {
    if (!Array.isArray(sent)) return [sent];
    if (sent.length > 0 && sent.length <= MAX_BATCH) return sent;
    throw new UnexpectedMessage(`a batch of ${sent.length} messages`);
  }

  /** @throws UnexpectedMessage whose message describes the problem */
  check(message: unknown, expected: ExpectedMessages): FromGuest {
    if (!isPlainObject(message)) throw new UnexpectedMessage('a message that is not a plain object');
    const body = ownValues(message);
    const { type } = body;
    if (!isKnown(type)) throw new UnexpectedMessage('a message of an unknown type');
    const unexpected = (what: string): UnexpectedMessage =>
      new UnexpectedMessage(`a message of type "${type}" ${what}`);

    const checked = readAllowed(type, body, expected, unexpected);
    const size = sizeOfUnrequested(checked);
    if (size === undefined) throw unexpected('with fields that are not plain, or too large');
    if (size !== null && !this.budget.take(size)) {
      this.budget.end();
      throw unexpected('beyond the limit of lines');
    }
    return checked;
  }
}

function readAllowed<Type extends FromGuest['type']>(
  type: Type,
  body: Body,
  expected: ExpectedMessages,
  unexpected: (what: string) => UnexpectedMessage,
): MessageOf<Type> {
  const { read, isAllowed } = RULES[type];
  const message = readPlain(() => read(body));
  if (message === undefined) throw unexpected('with a wrong body');
  if (!isAllowed(message, expected)) throw unexpected('that the host did not expect');
  return message;
}

function readPlain<Message>(read: () => Message): Message | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** Size in characters; null for a requested message, undefined for a message with invalid fields. */
function sizeOfUnrequested(message: FromGuest): number | null | undefined {
  if (message.type === 'step') return message.step.length;
  if (message.type !== 'log') return null;
  const fieldsSize = sizeOfFields(message.fields);
  return fieldsSize === undefined ? undefined : message.message.length + fieldsSize;
}

function isKnown(type: unknown): type is FromGuest['type'] {
  return typeof type === 'string' && Object.hasOwn(RULES, type);
}
