// Connects for ioredis, and tells when TCP stands: where TLS is wanted, ioredis tells only the end of both.
import type { AbstractConnector } from 'ioredis';
import standaloneConnector, { type StandaloneConnectionOptions } from 'ioredis/built/connectors/StandaloneConnector.js';

type Connect = AbstractConnector['connect'];

/** @returns the class that the option `Connector` of ioredis takes */
export function tellingConnector(
  options: StandaloneConnectionOptions,
  onReached: () => void,
): new () => AbstractConnector {
  class TellingConnector extends standaloneConnector.default {
    constructor() {
      super(options);
    }

    override async connect(...args: Parameters<Connect>): ReturnType<Connect> {
      const stream = await super.connect(...args);
      stream.once('connect', onReached);
      return stream;
    }
  }
  return TellingConnector;
}
