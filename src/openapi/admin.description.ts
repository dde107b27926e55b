// The description of the routes under /admin/plugins.
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { AdminController } from '../admin/admin.controller.js';
import { PLUGIN_EXAMPLE, pluginSchemas, SWAP_EXAMPLE } from './admin.schemas.js';
import { ref } from './components.js';
import { describe } from './describe.js';
import { ApiProblem } from './problems.js';

/** A path parameter. The name of a plugin has one to three of them. */
const part = (name: string, description: string, example: string): MethodDecorator =>
  ApiParam({ name, description, schema: { type: 'string', minLength: 1 }, example });
const NAME = [
  part('kind', 'The kind of the contract.', 'cache'),
  part('folder', 'The name of a folder of plugins.', 'all'),
  part('name', 'The name of the plugin.', 'sessions'),
];

const UNAUTHORIZED = ApiProblem({
  status: 401,
  when: 'the token is missing or wrong',
  detail: 'wanted the header Authorization: Bearer, with ADMIN_TOKEN',
  error: 'unauthorized',
  headers: { 'WWW-Authenticate': 'Bearer' },
});
const TOO_MANY = ApiProblem({
  status: 429,
  when: 'more than 20 wrong tokens came within a minute, or too many requests of one connection wait for their answers',
  detail: 'too many wrong tokens; the correct one is accepted at any time',
  error: 'too many wrong tokens',
  retryAfterMs: 60_000,
});
const UNKNOWN = ApiProblem({
  status: 404,
  when: 'there is no plugin with this name',
  detail: 'unknown plugin mailer; known plugins: cache',
});
const WRONG_BODY = ApiProblem({
  status: 400,
  when: 'the body is not a JSON object with `path`, or has a wrong or an unknown member; `detail` lists all problems',
  detail: 'the body is invalid: path: wanted a path',
  error: 'invalid value',
});
const TOO_LARGE = ApiProblem({
  status: 413,
  when: 'the body is larger than 16 KiB',
  detail: 'request entity too large',
});
const UNKNOWN_ENCODING = ApiProblem({
  status: 415,
  when: 'the encoding or the character set of the body is unknown',
  detail: 'unsupported content encoding "nonsense"',
});
const REFUSED = ApiProblem({
  status: 422,
  when: 'the swap or the refresh failed; the old plugin stays',
  detail: 'plugin plugins/none.mjs: found no such file, wanted a file; correct the path',
  error: 'refused',
  code: 'PLUGIN_NOT_FOUND',
});

function ApiAnswer(description: string, schema: string, example: object): MethodDecorator {
  return ApiOkResponse({ description, content: { 'application/json': { schema: ref('schemas', schema), example } } });
}

export function describeAdmin() {
  describe(AdminController, [ApiTags('Admin'), ApiBearerAuth()], {
    list: [
      ApiOperation({ summary: 'All plugins and folders' }),
      ApiAnswer('The plugins.', 'Plugins', { plugins: [PLUGIN_EXAMPLE], folders: [] }),
      UNAUTHORIZED,
      TOO_MANY,
    ],
    status: [
      ApiOperation({ summary: 'One plugin', description: 'The values of secrets are masked.' }),
      ...NAME,
      ApiAnswer('The plugin.', 'Plugin', PLUGIN_EXAMPLE),
      UNAUTHORIZED,
      UNKNOWN,
      TOO_MANY,
    ],
    swap: [
      ApiOperation({
        summary: 'Swap a plugin',
        description: 'Loads a file of `CACHE_PLUGIN_DIR`. It must be live, and its ping must succeed. Then it serves.',
      }),
      ...NAME,
      ApiBody({ required: true, schema: ref('schemas', 'SwapRequest'), examples: { swap: { value: SWAP_EXAMPLE } } }),
      ApiAnswer('The new plugin.', 'Swapped', {
        ...PLUGIN_EXAMPLE,
        swaps: 1,
        lasts: 'until the restart, which opens the configured path again',
      }),
      WRONG_BODY,
      UNAUTHORIZED,
      UNKNOWN,
      TOO_LARGE,
      UNKNOWN_ENCODING,
      REFUSED,
      TOO_MANY,
    ],
    refresh: [
      ApiOperation({ summary: 'Refresh all folders of plugins', description: 'This application has none.' }),
      ApiAnswer('The changes of each folder.', 'Refreshed', { folders: {} }),
      WRONG_BODY,
      UNAUTHORIZED,
      TOO_LARGE,
      UNKNOWN_ENCODING,
      REFUSED,
      TOO_MANY,
    ],
  });
  return pluginSchemas();
}
