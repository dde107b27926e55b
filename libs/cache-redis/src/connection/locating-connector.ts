// A connector for ioredis that looks up the address of the server first, and reports when TCP is established.
import { setTimeout as delay } from 'node:timers/promises';
import type { AbstractConnector } from 'ioredis';
import standaloneConnector, { type StandaloneConnectionOptions } from 'ioredis/built/connectors/StandaloneConnector.js';

type Connect = AbstractConnector['connect'];

export interface Locator {
  /**
   * The options of the server to connect to. A rejection is reported as an error of the connection, and repeated.
   *
   * @param signal aborted when the connection is closed
   */
  readonly locate: (signal: AbortSignal) => Promise<StandaloneConnectionOptions>;
  /** The pause before the next look-up, in milliseconds. */
  readonly pauseMs: () => number;
  /** TCP is established. With TLS, ioredis itself reports only the end of TLS. */
  readonly onReached: () => void;
}

/** @returns the class that the option `Connector` of ioredis takes */
export function locatingConnector(locator: Locator, disconnectTimeout: number): new () => AbstractConnector {
  class LocatingConnector extends standaloneConnector.default {
    private lookUp = new AbortController();

    constructor() {
      super({ disconnectTimeout });
    }

    /** Repeats what fails before there is a stream: ioredis does not try again when connect() rejects. */
    override async connect(...[report]: Parameters<Connect>): ReturnType<Connect> {
      this.connecting = true;
      this.lookUp = new AbortController();
      const { signal } = this.lookUp;
      for (;;) {
        try {
          this.options = await locator.locate(signal);
          signal.throwIfAborted();
          const stream = await super.connect(report);
          stream.once('connect', locator.onReached);
          return stream;
        } catch (error) {
          // The look-up was ended by disconnect(): ioredis gets the error of an ended connection.
          if (signal.aborted) throw new Error('Connection is closed.', { cause: error });
          report('error', error instanceof Error ? error : new Error(String(error)));
        }
        await delay(locator.pauseMs(), undefined, { signal }).catch(() => undefined);
      }
    }

    override disconnect(): void {
      super.disconnect();
      this.lookUp.abort();
    }
  }
  return LocatingConnector;
}
