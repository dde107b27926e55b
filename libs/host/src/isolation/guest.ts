// The other side: what runs in the worker or the process, around the plugin. The host reaches it by messages only.
import { parentPort } from 'node:worker_threads';
import { launch, type LaunchedPlugin } from '../open/launch.js';
import type { Environment } from '../open/plugin-configuration.js';
import { PluginError } from '../plugin.error.js';
import { withoutSecrets } from '../log/masked-error.js';
import { ForwardingLogger } from './forwarding-logger.js';
import { openChannel } from './guest-channel.js';
import { restrictGuest } from './guest-restrictions.js';
import { boundBacklog } from './output-backlog.js';
import { NotPlain } from '../calls/not-plain.js';
import { Rejection, type RejectionParts, rejectionPartsOf } from '../calls/rejection.js';
import { type GuestStart, PROTOCOL, serializeParts, type ToGuest } from './protocol.js';
import { endWithHost } from './watchdog.js';

const channel = openChannel();
const logger = new ForwardingLogger((line) => channel.send(line));
const life = new AbortController();
/** Of the calls that got no reply, by their ids. */
const aborters = new Map<number, AbortController>();
let launched: LaunchedPlugin | undefined;
let onVariables: (variables: Environment) => void = () => {};

async function onMessage(message: ToGuest): Promise<void> {
  switch (message.type) {
    case 'start':
      return await start(message);
    case 'variables':
      return onVariables(message.variables);
    case 'call':
      return await call(message.id, message.method, message.args);
    case 'abort':
      return abort(message.id);
    case 'beat':
      return channel.send({ type: 'beat' });
    case 'close':
      return await close();
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
        wanted: `version ${protocol}, which runs`,
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
async function call(id: number, method: string, args: readonly unknown[]): Promise<void> {
  const aborter = new AbortController();
  aborters.set(id, aborter);
  try {
    const answer = await launched?.instance.call(method, args, aborter.signal);
    if (!aborters.has(id)) return;
    channel.send({ type: 'answer', id, answer });
  } catch (error) {
    if (!aborters.has(id)) return;
    if (error instanceof NotPlain) {
      const { place, found, fix } = error;
      channel.send({ type: 'unsendable', id, what: { place, found, fix } });
    } else {
      channel.send({ type: 'failure', id, error: error instanceof Rejection ? error.parts : masked(error) });
    }
  } finally {
    aborters.delete(id);
  }
}

function abort(id: number): void {
  const aborter = aborters.get(id);
  if (aborter === undefined) return;
  aborters.delete(id);
  aborter.abort();
  channel.send({ type: 'aborted', id });
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
  channel.send({ type: 'closed', error: error === undefined ? undefined : masked(error) });
}

/** What is said outside of calls, where the host does not mask. */
function masked(error: unknown): RejectionParts {
  return rejectionPartsOf(launched === undefined ? error : withoutSecrets(error, launched.mask));
}

/** An uncaught error ends the guest, and the guest alone; its last message is the error. */
process.on('uncaughtException', (error) => {
  channel.send({ type: 'fatal', error: masked(error) }, () => process.exit(1));
});

delete process.env['NODE_EXTRA_CA_CERTS'];
boundBacklog(process.stdout);
boundBacklog(process.stderr);
if (!parentPort) {
  await endWithHost();
  // A service manager sends them to every process of a service. The host ends first, and its plugin with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
}
channel.onMessage((message) => void onMessage(message));
channel.send({ type: 'ready' });
