// Validation of the body of a swap request.
import { ISOLATIONS } from '@pluggable/host';
import type { SwapRequest } from '../registry/plugin-ref.js';

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const FIELDS: Readonly<Record<keyof SwapRequest, { isValid: (value: unknown) => boolean; wanted: string }>> = {
  path: { isValid: isText, wanted: 'a path' },
  factoryName: { isValid: (value) => value === undefined || isText(value), wanted: 'the name of an export' },
  integrity: { isValid: (value) => value === undefined || typeof value === 'string', wanted: 'hashes' },
  isolation: {
    isValid: (value) => value === undefined || ISOLATIONS.some((isolation) => isolation === value),
    wanted: `one of ${ISOLATIONS.join(', ')}`,
  },
};

/** @returns the request, or a list of all problems of the body */
export function swapRequestOf(
  body: unknown,
): { readonly request: SwapRequest } | { readonly problems: readonly string[] } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { problems: ['wanted a JSON object with a path, sent with the header Content-Type: application/json'] };
  }
  const given = new Map<string, unknown>(Object.entries(body));
  const wrong = Object.entries(FIELDS)
    .filter(([name, { isValid }]) => !isValid(given.get(name)))
    .map(([name, { wanted }]) => `${name}: wanted ${wanted}`);
  const unknown = [...given.keys()]
    .filter((name) => !Object.hasOwn(FIELDS, name))
    .map((name) => `${JSON.stringify(name)}: unknown field`);
  const problems = [...wrong, ...unknown];
  return problems.length === 0 ? { request: body as SwapRequest } : { problems };
}
