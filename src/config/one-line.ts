// A text that stays on one line of a terminal.

/** Escapes line breaks and other characters that control a terminal or the text direction, as JSON does. */
export function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (character) => ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' })[character] ?? escaped(character),
  );
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
