// The other side: what runs in the worker or the process, around the plugin. Nothing here is reached by the host but by messages.
import { inspect } from 'node:util';
import { parentPort } from 'node:worker_threads';
import type { PluginLogger } from '@pluggable/plugin-contract';
import { launch, type LaunchedPlugin } from '../launch.js';
import type { Environment } from '../plugin-configuration.js';
import { PluginError } from '../plugin.error.js';
import { withoutSecrets } from '../secrets.js';
import { type FromGuest, type GuestStart, PROTOCOL, toSent, type ToGuest } from './protocol.js';
import { endWithHost, forbidThreads } from './watchdog.js';

const life = new AbortController();
const aborters = new Map<number, AbortController>();
let launched: LaunchedPlugin | undefined;
let onVariables: (variables: Environment) => void = () => {};

/** @throws when the message holds what cannot be cloned */
function say(message: FromGuest): void {
  if (parentPort) parentPort.postMessage(message);
  else process.send?.(message);
}

async function hear(message: ToGuest): Promise<void> {
  switch (message.type) {
    case 'start':
      return await start(message);
    case 'variables':
      return onVariables(message.variables);
    case 'call':
      return await call(message.id, message.method, message.args);
    case 'abort':
      aborters.get(message.id)?.abort();
      return say({ type: 'aborted', id: message.id });
    case 'beat':
      return say({ type: 'beat' });
    case 'close':
      return await close();
    default:
      message satisfies never;
  }
}

async function start(message: { readonly protocol: number } & GuestStart): Promise<void> {
  const { protocol, contract, source, permissions, ...options } = message;
  try {
    if (protocol !== PROTOCOL) {
      throw new PluginError('PLUGIN_HOST_CHANGED', {
        path: source.path,
        found: `version ${PROTOCOL} of the plugin host on the disk`,
        wanted: `version ${protocol}, which runs`,
        fix: 'restart the application: it was updated while it ran',
      });
    }
    if (!parentPort && !permissions.includes('worker')) forbidThreads();
    launched = await launch({
      contract,
      source,
      options: { ...options, logger: forwardingLogger },
      environment: async ({ name, version, env, secrets, permissions: wanted }) => {
        const manifest = { name, version, env, secrets, permissions: wanted };
        const variables = new Promise<Environment>((resolve) => (onVariables = resolve));
        say({ type: 'manifest', manifest });
        return Object.assign(process.env, await variables);
      },
      signal: life.signal,
      onStep: (step) => say({ type: 'step', step }),
      onDiscard: () => {},
    });
    say({ type: 'live', methods: launched.instance.methods, config: launched.config });
  } catch (error) {
    say({ type: 'refused', error: toSent(error) });
  }
}

async function call(id: number, method: string, args: readonly unknown[]): Promise<void> {
  const aborter = new AbortController();
  aborters.set(id, aborter);
  try {
    const answer = await launched?.instance.call(method, args, aborter.signal);
    say({ type: 'answer', id, answer });
  } catch (error) {
    say({ type: 'failure', id, error: toSent(masked(error)) });
  } finally {
    aborters.delete(id);
  }
}

async function close(): Promise<void> {
  let error: unknown;
  try {
    await launched?.instance.close();
  } catch (cause) {
    error = cause;
  }
  life.abort();
  say({ type: 'closed', error: error === undefined ? undefined : toSent(masked(error)) });
}

function masked(error: unknown): unknown {
  return launched === undefined ? error : withoutSecrets(error, launched.mask);
}

const log =
  (level: keyof PluginLogger): PluginLogger['info'] =>
  (message, fields) => {
    try {
      say({ type: 'log', level, message, fields });
    } catch {
      say({ type: 'log', level, message, fields: { fields: inspect(fields) } });
    }
  };
const forwardingLogger: PluginLogger = {
  debug: log('debug'),
  info: log('info'),
  warn: log('warn'),
  error: log('error'),
};

/** An error that nobody caught ends the guest, and the guest alone; its last word is why. */
process.on('uncaughtException', (error) => {
  const message: FromGuest = { type: 'fatal', error: toSent(masked(error)) };
  if (parentPort) {
    say(message);
    process.exit(1);
  }
  process.send?.(message, undefined, undefined, () => process.exit(1));
});

delete process.env['NODE_EXTRA_CA_CERTS'];
if (parentPort) {
  parentPort.on('message', (message: ToGuest) => void hear(message));
} else {
  await endWithHost();
  process.on('message', (message: ToGuest) => void hear(message));
  process.on('disconnect', () => process.exit());
  // A terminal and a service manager send them to every process of the group. The host ends first, and its plugin with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
}
say({ type: 'ready' });
