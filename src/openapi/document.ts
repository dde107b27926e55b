// The document of OpenAPI: the routes of the controllers, with their decorators and the parts that all routes share.
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { AppConfig } from '../config/config.js';
import { version } from '../config/help-text.js';
import { describeAdmin } from './admin.description.js';
import { complete } from './complete.js';
import { HEADERS } from './components.js';
import { describeDocs } from './docs.description.js';
import { describeEvents } from './events.description.js';
import { describeFibonacci } from './fibonacci.description.js';
import { describeHealth } from './health.description.js';
import { describeMetrics } from './metrics.description.js';
import { describePlayground } from './playground.description.js';
import { PROBLEM } from './problems.js';

const ABOUT = `A reference application for run-time plugins: Fibonacci numbers behind a cache plugin.

Each 4xx and 5xx answer is problem details (RFC 9457). Paths are case-sensitive, and have no slash at the end. HEAD does the work of
GET. Another method is 405 with \`Allow\`, another path is 404.`;

/** In the order in which the page shows them. */
const TAGS = ['Fibonacci', 'Playground', 'Health', 'Metrics', 'Admin', 'Documentation'];

/** Call it once: it decorates the controllers. */
export function openApiDocument(app: INestApplication, config: AppConfig): OpenAPIObject {
  const hasAdmin = config.admin.token !== '';
  const schemas = {
    Problem: PROBLEM,
    ...describeFibonacci(config),
    ...describeHealth(),
    ...(config.metrics.isOn ? describeMetrics() : {}),
    ...(hasAdmin ? describeAdmin() : {}),
    ...(config.events.isOn ? describeEvents(config) : {}),
    ...(config.playground.isOn ? describePlayground(config) : {}),
    ...describeDocs(),
  };
  const about = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Pluggable')
    .setDescription(ABOUT)
    .setVersion(version())
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('./');
  for (const tag of TAGS) about.addTag(tag);
  if (hasAdmin) about.addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The value of `ADMIN_TOKEN`.' });
  const document = SwaggerModule.createDocument(app, about.build());
  document.components = { ...document.components, schemas, headers: HEADERS };
  return complete(document, config);
}
