// Names in the environment that look like a setting and are none: most likely misspelt.
import { settings } from './settings.js';

export interface UnknownSetting {
  readonly name: string;
  /** The known name that is nearest, when one is near. */
  readonly didYouMean?: string;
}

/** How settings of ours begin that share their beginning with others. */
const OURS = /^(CACHE|COMPUTE|FIB|HTTP(?!S?_PROXY$))_/;

/** Variables of shells, systems and tools. A plugin may have a variable whose name is near one of them. */
const OF_THE_MACHINE =
  /^(PATH|HOME|HOST(NAME|TYPE)|USER(NAME)?|LOGNAME|SHELL|SHLVL|PWD|OLDPWD|TERM|TZ|LANG|LANGUAGE|MAIL|EDITOR|VISUAL|PAGER|DISPLAY|TE?MP|TMPDIR|COLUMNS|LINES|OS|OSTYPE|MACHTYPE|UID|EUID|PPID|PS1|IFS|CI|DEBUG|NO_COLOR|FORCE_COLOR|COLORTERM|(HTTPS?|ALL|NO|FTP)_PROXY|NODE|(NODE|NPM|LC|LD|LS|XDG|SSH|GIT|GPG|DBUS|KUBERNETES|SYSTEMD|AWS)_.*)$/i;

/** @param ofPlugin the variables that the plugin in service reads */
export function unknownSettings(
  environment: Readonly<Record<string, string | undefined>>,
  ofPlugin: readonly string[],
): UnknownSetting[] {
  const known = [...Object.keys(settings.shape), ...ofPlugin];
  const unknown: UnknownSetting[] = [];
  for (const name of Object.keys(environment)) {
    if (known.includes(name) || OF_THE_MACHINE.test(name)) continue;
    const didYouMean = nearest(name, known);
    if (didYouMean !== undefined) unknown.push({ name, didYouMean });
    else if (OURS.test(name)) unknown.push({ name });
  }
  return unknown;
}

function nearest(name: string, known: readonly string[]): string | undefined {
  let found: string | undefined;
  let fewest = Infinity;
  for (const candidate of known) {
    // Each edit changes the length by at most one.
    if (Math.abs(candidate.length - name.length) > maxEdits(candidate)) continue;
    const edits = editsBetween(name.toUpperCase(), candidate.toUpperCase());
    if (edits > maxEdits(candidate) || edits >= fewest) continue;
    found = candidate;
    fewest = edits;
  }
  return found;
}

/** In a short name more than one error makes another word of it. */
function maxEdits({ length }: string): number {
  return length < 6 ? 1 : 2;
}

const at = (row: readonly number[], index: number): number => row[index] ?? Infinity;

/** The edit distance with swaps of neighbours (Damerau-Levenshtein, optimal string alignment). */
function editsBetween(one: string, other: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: other.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      let edits = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + Number(!isSame));
      if (one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        edits = Math.min(edits, at(beforeLast, j - 2) + 1);
      row.push(edits);
    }
    [beforeLast, last] = [last, row];
  }
  return last[other.length] ?? Infinity;
}
