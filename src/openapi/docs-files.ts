// The files of the page: those of swagger-ui-dist, and a script that starts it.
import { readFileSync } from 'node:fs';

export interface DocsFile {
  readonly type: string;
  readonly bytes: Buffer;
}

/** Without a validator: the page sends the description nowhere. */
const START = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });
`;

const TYPES: Readonly<Record<string, string>> = {
  'start.js': 'text/javascript; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** Their names. */
export const DOCS_FILES: readonly string[] = Object.keys(TYPES);

const read = new Map<string, DocsFile>([['start.js', { type: TYPES['start.js'] ?? '', bytes: Buffer.from(START) }]]);

/**
 * Reads a file at the first request for it, and keeps it: an open file would stay open if its answer never gets its turn on the connection.
 * @returns undefined for another name
 */
export function docsFile(name: string): DocsFile | undefined {
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (type === undefined) return undefined;
  const known = read.get(name);
  if (known !== undefined) return known;
  const file = { type, bytes: readFileSync(new URL(name, import.meta.resolve('swagger-ui-dist/package.json'))) };
  read.set(name, file);
  return file;
}
