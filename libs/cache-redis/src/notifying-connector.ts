// A connector for ioredis that reports when TCP is established. With TLS, ioredis itself reports only the end of TLS.
import type { AbstractConnector } from 'ioredis';
import standaloneConnector, { type StandaloneConnectionOptions } from 'ioredis/built/connectors/StandaloneConnector.js';

type Connect = AbstractConnector['connect'];

/** @returns the class that the option `Connector` of ioredis takes */
export function notifyingConnector(
  options: StandaloneConnectionOptions,
  onReached: () => void,
): new () => AbstractConnector {
  class NotifyingConnector extends standaloneConnector.default {
    constructor() {
      super(options);
    }

    override async connect(...args: Parameters<Connect>): ReturnType<Connect> {
      const stream = await super.connect(...args);
      stream.once('connect', onReached);
      return stream;
    }
  }
  return NotifyingConnector;
}
