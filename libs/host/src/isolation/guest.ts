// The program of a guest: runs in the worker or process, around the plugin, and exchanges messages with the host.
import { parentPort } from 'node:worker_threads';
import { launch, type LaunchedPlugin } from '../open/launch.js';
import type { Environment } from '../open/plugin-configuration.js';
import { PluginError } from '../plugin.error.js';
import { withoutSecrets } from '../log/masked-error.js';
import { ForwardingLogger } from './forwarding-logger.js';
import { CallTable } from './call-table.js';
import { openChannel } from './guest-channel.js';
import { restrictGuest } from './guest-restrictions.js';
import { boundBacklog } from './output-backlog.js';
import { Inbox } from './inbox.js';
import { Outbox } from './outbox.js';
import { CallLife } from '../calls/call-life.js';
import { NotPlain } from '../calls/not-plain.js';
import { Rejection, type RejectionParts, rejectionPartsOf } from '../calls/rejection.js';
import { type FromGuest, type GuestStart, PROTOCOL, serializeParts, type ToGuest } from './protocol.js';
import { CallTrace } from '../telemetry/call-trace.js';
import { endWithHost } from './watchdog.js';

const channel = openChannel();
const outbox = new Outbox<FromGuest>({
  post: (sent) => channel.send(sent),
  atEndOfTurn: (flush) => process.nextTick(flush),
  onUnsendable: (message, error) => {
    if (message.type !== 'answer') throw error;
    outbox.send(failureOf(message.id, error));
  },
});
/** Log lines are sent at once: a line may be the last one before the plugin blocks. */
const logger = new ForwardingLogger((line) => outbox.send(line));
const life = new AbortController();
/** The calls without a reply, by id. */
const callers = new CallTable<CallLife>();
let launched: LaunchedPlugin | undefined;
let onVariables: (variables: Environment) => void = () => {};

function onMessage(message: ToGuest): void {
  switch (message.type) {
    case 'start':
      return void start(message);
    case 'variables':
      return onVariables(message.variables);
    case 'call':
      return void call(message);
    case 'abort':
      return abort(message.id);
    case 'beat':
      return outbox.send({ type: 'beat' });
    case 'close':
      return void close();
    default:
      message satisfies never;
  }
}

async function start(message: { readonly protocol: number } & GuestStart): Promise<void> {
  const { protocol, contracts, source, permissions, ...options } = message;
  try {
    if (protocol !== PROTOCOL) {
      throw new PluginError('PLUGIN_HOST_CHANGED', {
        path: source.path,
        found: `version ${PROTOCOL} of the plugin host on the disk`,
        wanted: `version ${protocol}, which is running`,
        fix: 'restart the application: it was updated while it ran',
      });
    }
    restrictGuest(source, permissions);
    launched = await launch({
      contracts,
      source,
      options: { ...options, logger },
      environment: async ({ config: _schema, ...manifest }) => {
        const variables = new Promise<Environment>((resolve) => (onVariables = resolve));
        channel.send({ type: 'manifest', manifest });
        return Object.assign(process.env, await variables);
      },
      signal: life.signal,
      onStep: (step) => channel.send({ type: 'step', step }),
      onDiscard: () => {},
    });
    channel.send({ type: 'live', methods: [...launched.instance.methods] });
  } catch (error) {
    channel.send({ type: 'refused', error: rejectionPartsOf(error), parts: serializeParts(error) });
  }
}

/** Replies once, unless the call is aborted first. */
async function call({ id, method, args, traceparent }: Extract<ToGuest, { type: 'call' }>): Promise<void> {
  const caller = new CallLife();
  const trace = traceparent === undefined ? undefined : new CallTrace(traceparent);
  callers.set(id, caller);
  let reply: FromGuest;
  try {
    reply = { type: 'answer', id, answer: await launched?.instance.call(method, args, caller, trace) };
  } catch (error) {
    reply = failureOf(id, error);
  }
  if (callers.take(id) === undefined) return;
  if (trace !== undefined && trace.spans.length > 0) reply = { ...reply, spans: trace.spans } as FromGuest;
  // No further reply is pending, so this one need not wait for a batch.
  if (callers.size === 0) outbox.send(reply);
  else outbox.add(reply);
}

function failureOf(id: number, error: unknown): FromGuest {
  if (error instanceof NotPlain) {
    const { place, found, fix } = error;
    return { type: 'unsendable', id, what: { place, found, fix } };
  }
  return { type: 'failure', id, error: error instanceof Rejection ? error.parts : masked(error) };
}

function abort(id: number): void {
  const caller = callers.take(id);
  if (caller === undefined) return;
  caller.abort();
  outbox.add({ type: 'aborted', id });
}

async function close(): Promise<void> {
  let error: unknown;
  try {
    await launched?.instance.close();
  } catch (cause) {
    error = cause;
  }
  life.abort();
  logger.end();
  outbox.send({ type: 'closed', error: error === undefined ? undefined : masked(error) });
}

/** For errors outside of calls, which the host does not mask. */
function masked(error: unknown): RejectionParts {
  return rejectionPartsOf(launched === undefined ? error : withoutSecrets(error, launched.mask));
}

/** An uncaught error ends only the guest. The error is its last message. */
process.on('uncaughtException', (error) => {
  outbox.flush();
  channel.send({ type: 'fatal', error: masked(error) }, () => process.exit(1));
});
/** Sends the pending answers if the plugin exits. */
process.on('exit', () => outbox.flush());

delete process.env['NODE_EXTRA_CA_CERTS'];
boundBacklog(process.stdout);
boundBacklog(process.stderr);
if (!parentPort) {
  await endWithHost();
  // A service manager sends these signals to every process of a service. The guest ends after the host.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
}
const inbox = new Inbox<ToGuest>(onMessage);
channel.onMessage((sent) => inbox.push(sent));
channel.send({ type: 'ready' });
