// The allowed methods of a path, for 405 and its Allow header (RFC 9110, 15.5.6). Nest itself answers 404 in both cases.
import type { Request } from 'express';

interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/** @returns upper case, sorted; empty when no route matches the path, or when a route matches the method, too (then 404 is right) */
export function allowedMethods(request: Request): string[] {
  const { stack } = request.app.router as unknown as { stack: readonly Layer[] };
  const methods = stack
    .filter((layer) => layer.route !== undefined && layer.match(request.path))
    .flatMap((layer) => Object.keys(layer.route?.methods ?? {}))
    .map((method) => method.toUpperCase());
  // Express answers HEAD with the route of GET.
  const allowed = new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods);
  return allowed.has(request.method) ? [] : [...allowed].toSorted();
}
