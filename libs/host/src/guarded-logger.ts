// Calls of the application's logger and listeners, which may throw.
import type { PluginLogger } from '@pluggable/contract';

/**
 * Calls a function of the application and never rejects.
 * @param onError receives a thrown error or the reason of a rejection; must not throw
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
 * Wraps a logger so that it never throws. A line for which the given logger throws is dropped.
 * @param logger if undefined, all lines are dropped
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
