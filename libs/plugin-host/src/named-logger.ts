// A plugin's log lines, under its name and without its secrets.
import type { PluginLogger } from '@pluggable/plugin-contract';
import { fieldsWithoutSecrets, type Mask, NOTHING_TO_MASK } from './secrets.js';

export function namedLogger(logger: PluginLogger, name: string, mask: Mask): PluginLogger {
  const prefix = `[plugin/${name}] `;
  const at =
    (level: keyof PluginLogger): PluginLogger['info'] =>
    (message, fields) =>
      mask === NOTHING_TO_MASK
        ? logger[level](prefix + message, fields)
        : logger[level](prefix + mask(message), fields && fieldsWithoutSecrets(fields, mask));
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
