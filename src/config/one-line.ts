// A sentence on one line of a terminal, whatever an operator's values bring into it.

/** Line breaks and other characters that control a terminal or the direction of a text, as JSON would escape them. */
export function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (character) => ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' })[character] ?? escaped(character),
  );
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
