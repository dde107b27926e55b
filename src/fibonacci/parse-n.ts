// The parser of n: accepts a canonical decimal up to the largest n.
import { Failure } from './failure.js';
import { canonicalDecimal } from './canonical-decimal.js';

/** @throws Failure `invalid` for any text other than `0`, `45` and so on up to `maxN`, for example `045`, `+5`, `1e2` */
export function parseN(text: string, maxN: number): number {
  const n = canonicalDecimal(text);
  if (n !== undefined && n <= maxN) return n;
  const wanted = `a whole number from 0 to ${maxN}, written without sign, leading zeros or exponent`;
  throw new Failure('invalid', `n must be ${wanted}`);
}
