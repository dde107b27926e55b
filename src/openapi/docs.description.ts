// The description of GET /openapi.json and GET /docs.
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { DocsController } from './docs.controller.js';
import { DOCS_FILES } from './docs-files.js';
import { describe } from './describe.js';
import { OpenApiController } from './openapi.controller.js';
import { ApiProblem } from './problems.js';
import { oneOf, TEXT } from './schemas.js';

export function describeDocs() {
  describe(OpenApiController, [ApiTags('Documentation')], {
    document: [
      ApiOperation({ summary: 'This description', description: 'In the format of OpenAPI 3.1.' }),
      ApiOkResponse({
        description: 'The description.',
        content: { 'application/json': { schema: { type: 'object' } } },
      }),
    ],
  });
  describe(DocsController, [ApiTags('Documentation')], {
    page: [
      ApiOperation({ summary: 'A page that shows this description', description: 'Swagger UI.' }),
      ApiOkResponse({ description: 'The page.', content: { 'text/html': { schema: TEXT } } }),
    ],
    file: [
      ApiOperation({ summary: 'A file of the page' }),
      ApiParam({ name: 'file', schema: oneOf(...DOCS_FILES), example: DOCS_FILES[0] }),
      ApiOkResponse({
        description: 'The file.',
        content: { 'text/javascript': { schema: TEXT }, 'text/css': { schema: TEXT }, 'image/png': {} },
      }),
      ApiProblem({ status: 404, when: 'the page has no such file', detail: 'no route for GET /docs/nothing.js' }),
    ],
  });
  return {};
}
