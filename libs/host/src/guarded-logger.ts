// What the application gives to the host may throw. That is no reason to stop halfway.
import type { PluginLogger } from '@pluggable/contract';

/**
 * Calls a function of the application.
 * @param onError told what it throws, or what the promise that it returns rejects with; must not throw
 */
export async function callSafely(work: () => unknown, onError: (error: unknown) => void): Promise<void> {
  try {
    await work();
  } catch (error) {
    onError(error);
  }
}

const SILENT: PluginLogger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A logger that drops the lines for which the given one throws: there is no other place to say so.
 * @param logger undefined: one that drops all lines
 */
export function guardedLogger(logger: PluginLogger | undefined): PluginLogger {
  if (logger === undefined) return SILENT;
  const at =
    (level: keyof PluginLogger): PluginLogger['info'] =>
    (...line) =>
      void callSafely(
        () => logger[level](...line),
        () => {},
      );
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
