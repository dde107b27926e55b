// The description of GET /metrics.
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MetricsController } from '../observability/metrics/metrics.controller.js';
import { describe } from './describe.js';
import { TEXT } from './schemas.js';

const EXAMPLE = `# HELP pluggable_flights_total Computations that were started for one or more requests.
# TYPE pluggable_flights_total counter
pluggable_flights_total 1
`;

export function describeMetrics() {
  describe(MetricsController, [ApiTags('Metrics')], {
    text: [
      ApiOperation({ summary: 'All metrics', description: 'In the text format of Prometheus.' }),
      ApiOkResponse({
        description: 'The metrics.',
        content: { 'text/plain': { schema: TEXT, example: EXAMPLE } },
      }),
    ],
  });
  return {};
}
