// Log lines in which no character controls a terminal, or hides what the line says.

/** JSON escapes line breaks and escape characters, but not these: DEL, the second set of controls, line separators, directions. */
const UNESCAPED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A line of JSON in which each control character is escaped. It means the same. */
export function escapeControls(json: string): string {
  return json.replace(UNESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A stack, whose line breaks are kept: it is shown on lines of its own, each of them indented. Else an escape. */
const STACK_OR_ESCAPE = /(?<!\\)"stack":"(?:[^"\\]|\\[^])*"|\\(?:u[0-9a-f]{4}|[^])/g;

/** A line of JSON whose texts show their control characters as escapes once they have been parsed: made for pino-pretty. */
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
