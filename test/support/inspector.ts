// The live objects of a running program, by the inspector protocol: heap, objects of a class, active resources.
// https://chromedevtools.github.io/devtools-protocol/v8/
import { once } from 'node:events';
import type { Program } from './program.js';

/** Node's arguments for a program that can be inspected. */
export const INSPECTED = ['--inspect=127.0.0.1:0'] as const;

/** Expressions in the program for the prototypes of objects that a request would leak. */
const PROTOTYPES = {
  Socket: `process.getBuiltinModule('node:net').Socket.prototype`,
  IncomingMessage: `process.getBuiltinModule('node:http').IncomingMessage.prototype`,
  ServerResponse: `process.getBuiltinModule('node:http').ServerResponse.prototype`,
  AbortController: `AbortController.prototype`,
  AbortSignal: `AbortSignal.prototype`,
  Worker: `process.getBuiltinModule('node:worker_threads').Worker.prototype`,
  Timeout: `(() => { const timer = setTimeout(() => {}, 0); clearTimeout(timer); return timer.constructor.prototype; })()`,
};

export type CountedClass = keyof typeof PROTOTYPES;
export type LiveObjects = Readonly<Record<CountedClass, number>>;
const COUNTED_CLASSES = Object.keys(PROTOTYPES) as readonly CountedClass[];

/** The heap is settled when one more collection frees less than this, in bytes. */
const SETTLED_BYTES = 16 * 1024;
const MOST_COLLECTIONS = 20;

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface RemoteObject {
  readonly objectId?: string;
  readonly value?: unknown;
}

/** A timer or a signal of a running operation, for example of a write of the log, may be among the live objects. */
const PASSING = 2;

/** The classes with more objects than before, and the differences. */
export function grown(before: LiveObjects, now: LiveObjects): Partial<Record<CountedClass, number>> {
  const growth = COUNTED_CLASSES.map((name) => [name, now[name] - before[name]] as const);
  return Object.fromEntries(growth.filter(([, more]) => more > PASSING));
}

/** Connects to a program that was started with {@link INSPECTED}. The program continues. */
export async function inspect(program: Program): Promise<Inspector> {
  const socket = new WebSocket(await program.inspectorUrl());
  await once(socket, 'open');
  return new Inspector(socket);
}

export class Inspector {
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private sent = 0;

  constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const { id = 0, result, error } = JSON.parse(String(data)) as Reply;
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    });
    socket.addEventListener('close', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the inspected program has ended'));
      this.waiting.clear();
    });
  }

  /** The value of an expression in the global scope of the program. A promise is awaited. */
  async evaluate(expression: string): Promise<unknown> {
    return (await this.remote(expression, { awaitPromise: true, returnByValue: true })).value;
  }

  /** Collects garbage until the heap no longer shrinks. @returns the heap in use, in bytes */
  async collectGarbage(): Promise<number> {
    let usedBytes = Number.POSITIVE_INFINITY;
    for (let collections = 1; collections <= MOST_COLLECTIONS; collections++) {
      await this.send('HeapProfiler.collectGarbage');
      // Freed objects may free more in a later turn of the event loop.
      await this.evaluate('new Promise((resolve) => setImmediate(resolve))');
      const before = usedBytes;
      usedBytes = await this.heapUsedBytes();
      if (before - usedBytes < SETTLED_BYTES) break;
    }
    return usedBytes;
  }

  async heapUsedBytes(): Promise<number> {
    return ((await this.send('Runtime.getHeapUsage')) as { readonly usedSize: number }).usedSize;
  }

  /** The number of reachable objects of each class. Collects garbage first. */
  async liveObjects(): Promise<LiveObjects> {
    await this.collectGarbage();
    const counts: [string, number][] = [];
    for (const name of COUNTED_CLASSES) {
      counts.push([name, Number(await this.ofEach(PROTOTYPES[name], 'function () { return this.length; }'))]);
    }
    return Object.fromEntries(counts) as LiveObjects;
  }

  /** The number of listeners of each event, of the process and of all servers. */
  async listeners(): Promise<unknown> {
    const ofEmitter = `(emitter) => Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]))`;
    return {
      process: await this.evaluate(`(${ofEmitter})(process)`),
      servers: await this.ofEach(
        `process.getBuiltinModule('node:net').Server.prototype`,
        `function () { return this.filter(({ listening }) => listening).map(${ofEmitter}); }`,
      ),
    };
  }

  /** The number of active resources of each kind: process.getActiveResourcesInfo(). */
  async activeResources(): Promise<Readonly<Record<string, number>>> {
    const names = (await this.evaluate('process.getActiveResourcesInfo()')) as string[];
    const counts = Map.groupBy(names.toSorted(), (name) => name);
    return Object.fromEntries([...counts].map(([name, all]) => [name, all.length]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.close();
    await once(this.socket, 'close');
  }

  /** The result of a function whose `this` is the array of all objects with a prototype. */
  private async ofEach(prototype: string, functionDeclaration: string): Promise<unknown> {
    const group = { objectGroup: 'found' };
    const { objectId: prototypeObjectId } = await this.remote(prototype, group);
    const found = await this.send('Runtime.queryObjects', { prototypeObjectId, ...group });
    const { objectId } = (found as { readonly objects: RemoteObject }).objects;
    const said = await this.send('Runtime.callFunctionOn', { objectId, functionDeclaration, returnByValue: true });
    await this.send('Runtime.releaseObjectGroup', group);
    return (said as { readonly result: RemoteObject }).result.value;
  }

  private async remote(expression: string, options: object): Promise<RemoteObject> {
    const answer = await this.send('Runtime.evaluate', { expression, ...options });
    const { result, exceptionDetails } = answer as { result: RemoteObject; exceptionDetails?: object };
    if (exceptionDetails) throw new Error(`${expression} threw: ${JSON.stringify(exceptionDetails)}`);
    return result;
  }

  private async send(method: string, params: object = {}): Promise<unknown> {
    const id = (this.sent += 1);
    const waiting = Promise.withResolvers<unknown>();
    this.waiting.set(id, waiting);
    this.socket.send(JSON.stringify({ id, method, params }));
    return await waiting.promise;
  }
}
