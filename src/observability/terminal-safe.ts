// Escapes for log lines, so that no character controls a terminal or hides text.

/** Control characters that JSON does not escape: DEL, C1 controls, line separators, direction marks. */
const UNESCAPED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Escapes the control characters in a line of JSON. The parsed value is the same. */
export function escapeControls(json: string): string {
  return json.replace(UNESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A stack, whose line breaks are kept because pino-pretty prints it on indented lines, or an escape. */
const STACK_OR_ESCAPE = /(?<!\\)"stack":"(?:[^"\\]|\\[^])*"|\\(?:u[0-9a-f]{4}|[^])/g;

/** For pino-pretty: a line of JSON whose parsed texts show control characters as escapes. */
export function showControls(json: string): string {
  return escapeControls(json).replace(STACK_OR_ESCAPE, (found) =>
    found.startsWith('\\')
      ? shown(found)
      : found.replace(/\\(?:u[0-9a-f]{4}|[^])/g, (escape) => (escape === '\\n' ? escape : shown(escape))),
  );
}

function shown(escape: string): string {
  return /^\\["\\/]$/.test(escape) ? escape : `\\${escape}`;
}
