// A connector for ioredis that looks up the address of the server first, and reports when TCP is established.
import type { AbstractConnector } from 'ioredis';
import standaloneConnector, { type StandaloneConnectionOptions } from 'ioredis/built/connectors/StandaloneConnector.js';

type Connect = AbstractConnector['connect'];

export interface Locator {
  /** The options of the server to connect to. A rejection is reported as an error of the connection, and repeated. */
  readonly locate: () => Promise<StandaloneConnectionOptions>;
  /** The pause before the next look-up, in milliseconds. */
  readonly pauseMs: () => number;
  /** TCP is established. With TLS, ioredis itself reports only the end of TLS. */
  readonly onReached: () => void;
}

/** @returns the class that the option `Connector` of ioredis takes */
export function locatingConnector(locator: Locator, disconnectTimeout: number): new () => AbstractConnector {
  class LocatingConnector extends standaloneConnector.default {
    private endPause = (): void => undefined;

    constructor() {
      super({ disconnectTimeout });
    }

    override async connect(...[report]: Parameters<Connect>): ReturnType<Connect> {
      this.connecting = true;
      const found = await this.located(report);
      // The look-up was ended by disconnect(): ioredis gets the error of an ended connection.
      if (found === undefined) throw new Error('Connection is closed.');
      this.options = found;
      const stream = await super.connect(report);
      stream.once('connect', locator.onReached);
      return stream;
    }

    override disconnect(): void {
      super.disconnect();
      this.endPause();
    }

    /** ioredis does not try again when connect() rejects. */
    private async located(report: Parameters<Connect>[0]): Promise<StandaloneConnectionOptions | undefined> {
      while (this.connecting) {
        try {
          const found = await locator.locate();
          return this.connecting ? found : undefined;
        } catch (error) {
          report('error', error instanceof Error ? error : new Error(String(error)));
        }
        await this.pause();
      }
      return undefined;
    }

    private async pause(): Promise<void> {
      if (!this.connecting) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, locator.pauseMs());
      this.endPause = resolve;
      await promise;
      clearTimeout(timer);
    }
  }
  return LocatingConnector;
}
