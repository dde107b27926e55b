// The body of a swap, checked.
import { ISOLATIONS } from '@pluggable/host';
import type { SwapRequest } from '../registry/plugin-ref.js';

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const FIELDS: Readonly<Record<keyof SwapRequest, { isRight: (value: unknown) => boolean; wanted: string }>> = {
  path: { isRight: isText, wanted: 'a path' },
  factoryName: { isRight: (value) => value === undefined || isText(value), wanted: 'the name of an export' },
  integrity: { isRight: (value) => value === undefined || typeof value === 'string', wanted: 'hashes' },
  isolation: {
    isRight: (value) => value === undefined || ISOLATIONS.some((isolation) => isolation === value),
    wanted: `one of ${ISOLATIONS.join(', ')}`,
  },
};

/** @returns every problem of the body in one list, or the request */
export function swapRequestOf(
  body: unknown,
): { readonly request: SwapRequest } | { readonly problems: readonly string[] } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { problems: ['wanted a JSON object with a path, and the header Content-Type: application/json'] };
  }
  const given = new Map<string, unknown>(Object.entries(body));
  const wrong = Object.entries(FIELDS)
    .filter(([name, { isRight }]) => !isRight(given.get(name)))
    .map(([name, { wanted }]) => `${name}: wanted ${wanted}`);
  const unknown = [...given.keys()]
    .filter((name) => !Object.hasOwn(FIELDS, name))
    .map((name) => `${JSON.stringify(name)}: there is no such field`);
  const problems = [...wrong, ...unknown];
  return problems.length === 0 ? { request: body as SwapRequest } : { problems };
}
