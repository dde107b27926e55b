// The import rules of ARCHITECTURE.md.

import { fileURLToPath } from 'node:url';

/** The folder of a plugin as a pattern, so that a new plugin needs no new rule. */
const PLUGIN = 'libs/cache-[^/]+';

/**
 * The parts that each part may import. All other imports from the repository are forbidden, except those within the part.
 * Ordered from bottom to top: no part may import a later one.
 */
const MAY_IMPORT = {
  'libs/contract': [],
  'libs/host': ['libs/contract'],
  'libs/nestjs': ['libs/contract', 'libs/host'],
  'libs/cache': ['libs/contract', 'libs/nestjs'],
  'libs/testkit': ['libs/contract', 'libs/host', 'libs/cache/(src|dist)/contract'],
  [PLUGIN]: ['libs/contract', 'libs/cache/(src|dist)/contract'],
  'libs/otel': ['libs/host'],
  'libs/admission': [],
  'libs/http-server': [],
  src: ['libs/contract', 'libs/host', 'libs/nestjs', 'libs/cache', 'libs/otel', 'libs/admission', 'libs/http-server'],
};

/** The layers of a part: folders, and the other folders of the part that each may import. */
const LAYERS = {
  'libs/host/src': {
    log: [],
    telemetry: ['log'],
    calls: ['telemetry', 'log'],
    open: ['calls', 'telemetry', 'log'],
    isolation: ['open', 'calls', 'telemetry', 'log'],
  },
  'libs/http-server/src': {
    problem: [],
    connection: ['problem'],
    request: ['connection', 'problem'],
    error: ['request', 'connection', 'problem'],
  },
  'libs/cache/src': { contract: [] },
  'libs/nestjs/src': {
    registry: [],
    module: ['registry'],
    terminus: ['registry'],
    admin: ['registry'],
    metrics: ['registry'],
    testing: ['registry'],
  },
  src: {
    config: [],
    fibonacci: [],
    observability: ['config', 'fibonacci'],
    health: ['fibonacci'],
    admin: ['config', 'observability'],
    events: ['fibonacci'],
    playground: ['fibonacci', 'events'],
    // Describes the controllers of all of them.
    openapi: ['config', 'fibonacci', 'observability', 'health', 'admin', 'events', 'playground'],
  },
};

/** Single files that every folder of their part may import. They import no folder. */
const FOUNDATIONS = {
  'libs/host/src': [
    'foreign-error',
    'guarded-logger',
    'node-version',
    'permissions',
    'plugin\\.error',
    'plugin-error-codes',
    'plugin-options',
    'restart-delays',
  ],
};

/** Files outside of the page that it may import: it runs in a browser. */
const PAGE_MAY_IMPORT = [
  '^src/events/(live-message|latency-bounds)\\.ts$',
  '^src/fibonacci/(request-step|growth)\\.ts$',
  '^src/playground/page-facts\\.ts$',
];

/** The packages that each part may import at run time. A part without an entry is limited only by its package.json. */
const PACKAGES = {
  'libs/contract': '^$',
  'libs/host': '^$',
  'libs/cache/src/contract': '^$',
  'libs/nestjs': '(^|/)node_modules/(@nestjs|rxjs)/',
  'libs/cache': '(^|/)node_modules/@nestjs/',
  'libs/testkit/src/cache': '(^|/)node_modules/vitest/',
  'libs/otel': '(^|/)node_modules/@opentelemetry/api/',
  'libs/admission': '^$',
  'src/playground/page': '^$',
};

const anchored = (part) => `^${part}/`;
const listOf = (parts) => (parts.length === 0 ? 'nothing' : parts.join(', '));

export default {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(([part, others]) => ({
      name: `parts: ${part} imports of the others ${listOf(others)}`,
      severity: 'error',
      // A plugin's specs use the test kit, like those of any third-party plugin.
      from: { path: anchored(part), ...(part === PLUGIN && { pathNot: '\\.spec\\.ts$' }) },
      to: { path: '^(src|libs|bench|examples)/', pathNot: [part, ...others].map(anchored) },
    })),
    ...Object.entries(LAYERS).flatMap(([part, layers]) =>
      Object.entries(layers).map(([layer, others]) => ({
        name: `layers: ${part}/${layer} imports of its part ${listOf(others)}`,
        severity: 'error',
        from: { path: anchored(`${part}/${layer}`), pathNot: '\\.spec\\.ts$' },
        to: {
          path: anchored(part),
          pathNot: [
            ...[layer, ...others].map((name) => anchored(`${part}/${name}`)),
            ...(FOUNDATIONS[part] ?? []).map((file) => `^${part}/${file}\\.ts$`),
          ],
        },
      })),
    ),
    ...Object.entries(FOUNDATIONS).map(([part, files]) => ({
      name: `layers: ${files.join(', ')} of ${part} import no folder of it`,
      severity: 'error',
      from: { path: `^${part}/(${files.join('|')})\\.ts$` },
      to: { path: `^${part}/[^/]+/` },
    })),
    ...Object.entries(PACKAGES).map(([part, packages]) => ({
      name: `packages: ${part} imports ${packages === '^$' ? 'no package' : 'only its own'}`,
      severity: 'error',
      from: { path: anchored(part), pathNot: '\\.spec\\.ts$' },
      to: { path: '(^|/)node_modules/', pathNot: packages },
    })),
    {
      name: 'page: src/playground/page imports of the others only types and constants of messages',
      severity: 'error',
      from: { path: '^src/playground/page/' },
      to: { path: '^(src|libs)/', pathNot: ['^src/playground/page/', ...PAGE_MAY_IMPORT] },
    },
    {
      name: 'page: src/playground/page imports no module of Node',
      severity: 'error',
      from: { path: '^src/playground/page/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'page: the server does not import src/playground/page',
      severity: 'error',
      from: { path: '^(src|libs)/', pathNot: '^src/playground/page/' },
      to: { path: '^src/playground/page/' },
    },
    {
      name: 'tests: only a spec imports from test',
      severity: 'error',
      from: { path: '^(src|libs)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^test/' },
    },
    {
      name: 'plugins: a plugin never imports Nest',
      severity: 'error',
      from: { path: anchored(PLUGIN) },
      to: { path: '(^|/)node_modules/@nestjs/' },
    },
    {
      name: 'no cycles',
      severity: 'error',
      from: { path: '^(src|libs)/' },
      to: { circular: true },
    },
    {
      name: 'no import that cannot be resolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: '((^|/)node_modules|libs/[^/]+/dist|^dist)/' },
    exclude: { path: '/assembly/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: fileURLToPath(new URL('tsconfig.json', import.meta.url)) },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
