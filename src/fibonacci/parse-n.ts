// Refuses early and cheaply: n is a canonical decimal, at most the largest n.
import { Inject, Injectable, type PipeTransform } from '@nestjs/common';
import { Failure } from '../http/failure.js';
import { canonicalDecimal } from './canonical-decimal.js';
import { FIBONACCI_OPTIONS, type FibonacciOptions } from './fibonacci.module-definition.js';

@Injectable()
export class ParseN implements PipeTransform<string, number> {
  private readonly maxN: number;

  constructor(@Inject(FIBONACCI_OPTIONS) { maxN }: FibonacciOptions) {
    this.maxN = maxN;
  }

  /** @throws Failure `invalid` for all but `0`, `45` and the like: not `045`, `+5`, `1e2` */
  transform(text: string): number {
    const n = canonicalDecimal(text);
    if (n !== undefined && n <= this.maxN) return n;
    throw new Failure(
      'invalid',
      `n must be a whole number from 0 to ${this.maxN}, written without sign, leading zeros or exponent`,
    );
  }
}
