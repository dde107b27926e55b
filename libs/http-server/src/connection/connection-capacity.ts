// How many connections the server may have, and whether it can take another: neither they nor descriptors run out silently.
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { devNull } from 'node:os';
import type { Logger } from 'pino';
import type { Connections } from './connection.js';

/** How often it is looked whether one more is possible, in milliseconds. Node closes a connection that gets no descriptor, without an event. */
const LOOK_MS = 1_000;
/** Descriptors that connections leave to the rest, such as the next process of a plugin. Where there are few, half of them. */
const RESERVED = 64;

/** What has run out. */
type Shortage = 'connections' | 'descriptors';

const SENTENCES: Readonly<Record<Shortage, string>> = {
  connections: 'the limit of connections is reached; further ones are closed at once',
  descriptors: 'no file descriptor is left; further connections are closed at once',
};

export interface ConnectionCapacityOptions {
  readonly server: Server;
  readonly connections: Connections;
  /** How many connections there may be at a time. Fewer where the limit of open files allows no more. */
  readonly maxConnections: number;
  readonly log: Logger;
}

/** Limits the connections of a server, and logs when connections or descriptors run out, and when one more is possible again. */
export class ConnectionCapacity {
  private readonly maxConnections: number;
  private readonly looking: NodeJS.Timeout;
  private state: Shortage | undefined;
  /** Connections that were closed at once since the state has changed. */
  private refused = 0;
  private refusedAtLook = 0;

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
    });
    // What accepting fails with, where Node tells it. Without a listener it would end the process.
    server.on('error', (error) => server.listening && this.become('descriptors', error));
    this.looking = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** Why no connection is accepted, as last seen. */
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

/** The system gives the lowest number that is free: about so many descriptors are in use. */
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

/** @returns Infinity where there is none, and where the system does not tell it as Linux does */
function openFilesLimit(): number {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return Number(soft ?? Infinity);
  } catch {
    return Infinity;
  }
}
