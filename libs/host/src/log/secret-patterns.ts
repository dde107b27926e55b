// Patterns that find a secret raw, escaped as in JSON, percent-encoded and in base64.

/** Length from which a single line of a multi-line secret is masked, in characters. */
const SHORTEST_LINE = 8;
/** Shorter secrets are masked only between non-alphanumeric characters: masking every "a" would reveal the secret. */
const SHORTEST_ANYWHERE = 4;
/** Length of the pieces of a longer secret, in characters: V8 limits the size of a pattern. */
const PIECE = 256;
/** Shorter base64 would match by accident. */
const SHORTEST_BASE64 = 8;

/** Regular expression sources for up to three times `JSON.stringify` or `encodeURIComponent`. */
const ESCAPED = String.raw`\\{1,7}`;
const PERCENT = '%(?:25){0,2}';
const BREAKS = String.raw`\s|${ESCAPED}(?:[nrtvf]|(?:u00|x)(?:0[9A-Da-d]|20))|${PERCENT}(?:0[9A-Da-d]|20)|\+`;

/** A token is a run of whitespace with a line break, a run of backslashes, or one character. */
const TOKENS = /\s*\n\s*|\\+|[^]/gu;
const SHORT_ESCAPES = new Map(Array.from('\b\f\r\t\v', (character, index) => [character, 'bfrtv'.charAt(index)]));

/** The patterns of one secret: the whole secret, its long lines, and the password if it is a URL. */
export function patternsOf(secret: string): RegExp[] {
  const whole = [secret, ...passwordsOf(secret)];
  const plain = new Set([...whole, ...linesOf(secret)].flatMap(pieces));
  const inBase64 = new Set(whole.flatMap(base64Of));
  return [...[...plain].map(anyEncoding), ...[...inBase64].map(base64Pattern)].map(
    (source) => new RegExp(source, 'gu'),
  );
}

/** Some programs store a line break as the two characters `\n`. */
function linesOf(secret: string): string[] {
  const lines = secret.split(/[\r\n]+|(?:\\[rn])+/).map((line) => line.trim());
  return lines.length === 1 ? [] : lines.filter((line) => line.length >= SHORTEST_LINE);
}

/** The password of a URL and the secrets in its query, both encoded and decoded. */
function passwordsOf(secret: string): string[] {
  const [, afterScheme] = /^\s*[a-z][a-z0-9+.-]*:\/\/(.*)$/is.exec(secret) ?? [];
  if (afterScheme === undefined) return [];
  const [, password] = /^[^:/?#]*:(.*)@/s.exec(afterScheme) ?? [];
  const query = afterScheme.matchAll(/[?&][^=&#]*(?:pass|pw|secret|token|key|sig|auth)[^=&#]*=([^&#]+)/gi);
  return [password, ...[...query].map(([, value]) => value)]
    .filter((part) => part !== undefined)
    .flatMap((part) => [part, decoded(part)])
    .filter((part) => part !== '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function pieces(text: string): string[] {
  const characters = Array.from(text);
  const count = Math.ceil(characters.length / PIECE);
  const cut = (piece: number): string => characters.slice(piece * PIECE, (piece + 1) * PIECE).join('');
  // Trimmed, because a pattern that begins with whitespace takes quadratic time.
  return Array.from({ length: count }, (_, piece) => cut(piece).trim()).filter((piece) => piece !== '');
}

function anyEncoding(text: string): string {
  const source = text.replace(TOKENS, encodings);
  return Array.from(text).length < SHORTEST_ANYWHERE ? String.raw`(?<![\p{L}\p{N}])${source}(?![\p{L}\p{N}])` : source;
}

function encodings(token: string): string {
  if (/^[A-Za-z0-9_]$/.test(token)) return token;
  if (token.includes('\n')) {
    // No two alternatives may match the same text, or a search takes exponential time.
    const others = new Set(token.match(/[\u0080-\uffff]/g));
    return `(?:${[BREAKS, ...[...others].map(encoded)].join('|')})+`;
  }
  const { length } = token;
  if (token.startsWith('\\')) return String.raw`(?:\\{${length},${8 * length}}|(?:${PERCENT}5[Cc]){${length}})`;
  const raw = `\\u{${(token.codePointAt(0) ?? 0).toString(16)}}`;
  return String.raw`(?:\\{0,7}${raw}|${encoded(token)}${token === ' ' ? String.raw`|\+` : ''})`;
}

/** A character as escaped by JSON or a console, and percent-encoded. */
function encoded(character: string): string {
  const escapes = [
    Array.from({ length: character.length }, (_, unit) => `u${hex(character.charCodeAt(unit), 4)}`).join(ESCAPED),
    ...(character < '\u0100' ? [`x${hex(character.charCodeAt(0), 2)}`] : []),
    ...[SHORT_ESCAPES.get(character) ?? []].flat(),
  ];
  const bytes = [...Buffer.from(character)].map((byte) => PERCENT + hex(byte, 2));
  return `${ESCAPED}(?:${escapes.join('|')})|${bytes.join('')}`;
}

/** A number in hexadecimal digits of either case. */
function hex(number: number, digits: number): string {
  const text = number.toString(16).padStart(digits, '0');
  return text.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/** The base64 characters that depend only on this text, for each of the three possible offsets in a group. */
function base64Of(text: string): string[] {
  return [0, 1, 2]
    .map((offset) => {
      const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
      return bytes.toString('base64').slice(Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6));
    })
    .filter((part) => part.length >= SHORTEST_BASE64);
}

function base64Pattern(part: string): string {
  return part.replaceAll('+', '(?:[+\\-]|%2[Bb])').replaceAll('/', String.raw`(?:\\{0,7}\/|_|%2[Ff])`);
}
