// The form of a wrong cache: a correct one with one fault.
import type { Cache } from '@pluggable/cache/contract';
import type { CallOptions } from '@pluggable/contract';
import type { RightCache } from './right-cache.ts';

/** Returns the methods that differ from those of the correct cache. */
export type Fault = (right: RightCache) => Partial<Cache>;

export interface WrongCache {
  readonly fault: Fault;
  /** Methods that the cache does not have. @default it has all */
  readonly without?: readonly ('acquire' | 'renew' | 'release')[];
  /** The option of the kit. @default true */
  readonly canRenewLeases?: boolean;
  /** A check of the kit that fails. */
  readonly caughtBy: string;
}

export const never = <Answer>(): Promise<Answer> => new Promise(() => {});

export async function withOwnError<Answer>(
  options: CallOptions | undefined,
  work: () => Promise<Answer>,
): Promise<Answer> {
  if (options?.signal?.aborted === true) throw new Error('aborted');
  return await work();
}
