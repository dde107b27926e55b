// The capacity for connections: a limit, and a check for free descriptors. A shortage is logged and visible to readiness.
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { devNull } from 'node:os';
import type { Logger } from 'pino';
import type { Connections } from './connection.js';

/** Interval of the checks for a free connection, in milliseconds. Node closes a connection without a descriptor silently. */
const LOOK_MS = 1_000;
/** Descriptors that connections leave free, for example for the next process of a plugin. At most half of all descriptors. */
const RESERVED = 64;

/** The missing resource. */
type Shortage = 'connections' | 'descriptors';

const SENTENCES: Readonly<Record<Shortage, string>> = {
  connections: 'the limit of connections is reached; further ones are closed at once',
  descriptors: 'no file descriptor is left; further connections are closed at once',
};

export interface ConnectionCapacityOptions {
  readonly server: Server;
  readonly connections: Connections;
  /** Largest number of connections at a time. Lower if the limit of open files requires it. */
  readonly maxConnections: number;
  readonly log: Logger;
}

/** Limits the connections of a server, and logs when connections or descriptors run out and when they are available again. */
export class ConnectionCapacity {
  private readonly maxConnections: number;
  private readonly looking: NodeJS.Timeout;
  private state: Shortage | undefined;
  /** Connections that were closed at once since the last change of state. */
  private refused = 0;
  private refusedAtLook = 0;
  /** Connections that were closed at once since the start. */
  refusedTotal = 0;

  constructor(private readonly options: ConnectionCapacityOptions) {
    const { server, maxConnections, log } = options;
    this.maxConnections = Math.min(maxConnections, connectionsByDescriptors());
    if (this.maxConnections < maxConnections) {
      const fields = { maxConnections: this.maxConnections, wanted: maxConnections };
      log.info(fields, 'the limit of open files allows fewer connections');
    }
    server.maxConnections = this.maxConnections;
    server.on('drop', () => {
      this.become('connections');
      this.refused += 1;
      this.refusedTotal += 1;
    });
    // An error of accept(), if Node reports it. Without a listener, it would end the process.
    server.on('error', (error) => server.listening && this.become('descriptors', error));
    this.looking = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** The reason why no connection is accepted, at the last check. */
  get shortage(): string | undefined {
    return this.state && SENTENCES[this.state];
  }

  stop(): void {
    clearInterval(this.looking);
  }

  private look(): void {
    const error = descriptorError();
    const isFull = this.options.connections.size >= this.maxConnections || this.refused > this.refusedAtLook;
    this.refusedAtLook = this.refused;
    if (error !== undefined) this.become('descriptors', error);
    else if (this.state !== 'connections' || !isFull) this.become(undefined);
  }

  private become(state: Shortage | undefined, err?: unknown): void {
    if (state === this.state) return;
    this.state = state;
    const { log, connections } = this.options;
    const fields = { connections: connections.size, maxConnections: this.maxConnections };
    if (state === undefined) log.info({ ...fields, refused: this.refused }, 'connections are accepted again');
    else log.error({ ...fields, err }, SENTENCES[state]);
    this.refused = 0;
    this.refusedAtLook = 0;
  }
}

/** The system assigns the lowest free number, so it is about the number of descriptors in use. */
function nextDescriptor(): number {
  const descriptor = openSync(devNull, 'r');
  closeSync(descriptor);
  return descriptor;
}

function descriptorError(): unknown {
  try {
    nextDescriptor();
    return undefined;
  } catch (error) {
    return error;
  }
}

function connectionsByDescriptors(): number {
  const left = openFilesLimit() - nextDescriptor();
  return Math.max(1, Math.floor(left - Math.min(RESERVED, left / 2)));
}

/** @returns Infinity without a limit, and on systems without Linux's /proc */
function openFilesLimit(): number {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return Number(soft ?? Infinity);
  } catch {
    return Infinity;
  }
}
