// A plugin logger that keeps its lines.
import type { PluginLogger } from '@pluggable/contract';

export type RecordedLine = [level: string, message: string, fields?: Record<string, unknown>];

export function recordingLogger(): { readonly logger: PluginLogger; readonly lines: RecordedLine[] } {
  const lines: RecordedLine[] = [];
  const at =
    (level: string) =>
    (...line: [string, Record<string, unknown>?]) =>
      void lines.push([level, ...line]);
  return { logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}
