// The page of Swagger UI: its text, its files, and its content security policy.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the page: a text, or a file of swagger-ui-dist. */
type DocsFile = { readonly type: string; readonly text: string } | { readonly name: string };

/** Relative addresses, so that the page works behind a proxy that adds a path. */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Pluggable: routes</title>
    <link rel="icon" type="image/png" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <script src="docs/swagger-ui-bundle.js" defer></script>
    <script src="docs/start.js" defer></script>
  </head>
  <body>
    <main id="docs"></main>
  </body>
</html>
`;

/** Without a validator: the page sends the description nowhere. */
const START = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });
`;

export const DOCS_FILES: ReadonlyMap<string, DocsFile> = new Map<string, DocsFile>([
  ['start.js', { type: 'text/javascript', text: START }],
  ...['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'].map((name) => [name, { name }] as const),
]);

/** Nothing from other origins, and no inline script. Swagger UI has images as data URLs. */
export const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function swaggerUiFolder(): string {
  return dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
}
