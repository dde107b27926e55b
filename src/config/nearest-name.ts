// The known name that is most similar to a misspelt one.

/** @returns the most similar known name, or undefined if none is similar. Ignores case. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let found: string | undefined;
  let fewest = Infinity;
  const wanted = name.toUpperCase();
  for (const candidate of known) {
    const upper = candidate.toUpperCase();
    const most = maxEdits(candidate);
    // Each edit changes the length by at most one, and brings in at most one character.
    if (Math.abs(upper.length - wanted.length) > most || charactersBeyond(upper, wanted) > most) continue;
    const edits = editsBetween(wanted, upper);
    if (edits > most || edits >= fewest) continue;
    found = candidate;
    fewest = edits;
  }
  return found;
}

/** Number of characters of a name that the candidate does not contain. It costs much less than the edit distance. */
function charactersBeyond(candidate: string, name: string): number {
  let count = 0;
  for (const character of name) if (!candidate.includes(character)) count++;
  return count;
}

/** In a short name, two edits make another word. */
function maxEdits({ length }: string): number {
  return length < 6 ? 1 : 2;
}

const at = (row: readonly number[], index: number): number => row[index] ?? Infinity;

/** The edit distance with swaps of adjacent characters (Damerau-Levenshtein, optimal string alignment). */
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
