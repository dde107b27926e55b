// Who may import whom: the table in ARCHITECTURE.md, as rules.

import { fileURLToPath } from 'node:url';

/** What each part may import of the others; everything else of the repository is forbidden to it. */
const MAY_IMPORT = {
  'libs/plugin-contract': [],
  'libs/cache-contract': ['libs/plugin-contract'],
  'libs/plugin-host': ['libs/plugin-contract'],
  'libs/cache-module': ['libs/cache-contract', 'libs/plugin-contract', 'libs/plugin-host'],
  'libs/cache-memory': ['libs/cache-contract', 'libs/plugin-contract'],
  'libs/cache-redis': ['libs/cache-contract', 'libs/plugin-contract'],
  'libs/cache-testkit': ['libs/cache-contract', 'libs/plugin-host'],
  'src/admission': [],
  src: ['libs/cache-contract', 'libs/cache-module', 'libs/plugin-contract', 'libs/plugin-host'],
};

/** The packages that each part may import at run time. A part that is not listed is as free as its package.json. */
const PACKAGES = {
  'libs/plugin-contract': '^$',
  'libs/cache-contract': '^$',
  'libs/plugin-host': '(^|/)node_modules/cockatiel/',
  'libs/cache-module': '(^|/)node_modules/@nestjs/',
  'libs/cache-testkit': '(^|/)node_modules/vitest/',
  'src/admission': '^$',
};

const anchored = (part) => `^${part}/`;

/** A plugin is tested with the kit, as that of a stranger is. */
const TESTED_WITH_THE_KIT = ['libs/cache-memory', 'libs/cache-redis'];

export default {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(([part, others]) => ({
      name: `parts: ${part} imports ${others.length === 0 ? 'no other part' : `only ${others.join(', ')}`}`,
      severity: 'error',
      from: { path: anchored(part), ...(TESTED_WITH_THE_KIT.includes(part) && { pathNot: '\\.spec\\.ts$' }) },
      to: { path: '^(src|libs|bench|examples)/', pathNot: [part, ...others].map(anchored) },
    })),
    ...Object.entries(PACKAGES).map(([part, packages]) => ({
      name: `packages: ${part} imports ${packages === '^$' ? 'no package' : 'only its own'}`,
      severity: 'error',
      from: { path: anchored(part), pathNot: '\\.spec\\.ts$' },
      to: { path: '(^|/)node_modules/', pathNot: packages },
    })),
    {
      name: 'tests: only a spec imports from test',
      severity: 'error',
      from: { path: '^(src|libs)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^test/' },
    },
    {
      name: 'plugins: a plugin never imports Nest',
      severity: 'error',
      from: { path: '^libs/cache-(?!contract/|module/|testkit/)' },
      to: { path: '(^|/)node_modules/@nestjs/' },
    },
    {
      name: 'no cycles',
      severity: 'error',
      from: { path: '^(src|libs)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
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
