// A line of the log for a person: pino-pretty, with the request, the plugin, and a mark for a slow request.
import { createRequire } from 'node:module';
import type * as pinoPretty from 'pino-pretty';
import { showControls } from './terminal-safe.js';

/** A request that takes at least this time, in milliseconds, is marked as slow. */
const SLOW_REQUEST_MS = 1_000;
/** The prefix of a plugin's line, from the plugin host. */
const PLUGIN = /^\[plugin\/(?<plugin>[^\]]+)\] (?<text>[^]*)$/;
/** Neighbouring requests have different colours. */
const REQUEST_COLORS = ['cyan', 'magenta', 'yellow', 'green', 'blue'] as const;

/**
 * Loads pino-pretty, only when it is used: loading takes as long as all of pino.
 * @param requestNumber returns the number of the request that writes the line
 * @returns formats a line of JSON
 */
export function prettyLine(requestNumber: () => number | undefined): (json: string) => string {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof pinoPretty;
  const prettify = prettyFactory({
    singleLine: true,
    ignore: 'pid,hostname',
    messageFormat: (line, _messageKey, _levelLabel, { colors }) => {
      const number = requestNumber();
      const color = colors[REQUEST_COLORS[(number ?? 0) % REQUEST_COLORS.length] ?? 'cyan'];
      const request = number === undefined ? '' : `${colors.bold(color(`#${number}`))} `;
      const slow = isSlow(line) ? `${colors.bold(colors.yellow('SLOW'))} ` : '';
      const { msg } = line;
      const message = typeof msg === 'string' || typeof msg === 'number' || typeof msg === 'boolean' ? String(msg) : '';
      const { plugin, text } = PLUGIN.exec(message)?.groups ?? {};
      return `${request}${slow}${plugin === undefined ? message : `plugin ${colors.bold(plugin)}: ${text}`}`;
    },
  });
  return (json) => prettify(showControls(json));
}

function isSlow({ msg, durationMs }: Readonly<Record<string, unknown>>): boolean {
  return msg === 'request completed' && typeof durationMs === 'number' && durationMs >= SLOW_REQUEST_MS;
}
