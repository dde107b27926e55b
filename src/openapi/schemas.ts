// The small schemas of which those of the answers consist.
import { ISOLATIONS } from '@pluggable/nestjs';

export const NUMBER = { type: 'integer', minimum: 0 };
export const DATE = { type: 'string', format: 'date-time' };
export const TEXT = { type: 'string' };
export const TEXT_OR_NULL = { type: ['string', 'null'] };
export const TEXTS = { type: 'array', items: TEXT };
/** Numbers by name. */
export const COUNTS = { type: 'object', additionalProperties: NUMBER };
/** The code of a plugin error, or null. */
export const CODE_OR_NULL = { type: ['string', 'null'], pattern: '^[A-Z_]+$' };
export const ISOLATION = oneOf(...ISOLATIONS);

/** One of these texts. */
export function oneOf(...texts: readonly string[]) {
  return { type: 'string', enum: [...texts] };
}

/** An object with exactly these members. */
export function object<Members extends object>(properties: Members, optional: readonly (keyof Members)[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.some((one) => one === name));
  return { type: 'object', required, additionalProperties: false, properties };
}

/** The schema, or null. */
export function orNull<Schema extends object>(schema: Schema) {
  return { oneOf: [schema, { type: 'null' }] };
}
