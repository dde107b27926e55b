// The summary of a start: plugins, addresses and control characters.
import { expect, it } from 'vitest';
import { type StartFacts, startSummary } from './start-summary.js';

const facts: StartFacts = {
  version: '1.2.3',
  nodeVersion: '26.10.0',
  plugins: [],
  addr: 'http://127.0.0.1:8080',
  isOnAllInterfaces: false,
  pages: [],
};

type Plugin = NonNullable<StartFacts['plugins'][number]['plugin']>;

function live(name: string, version: string | null): StartFacts['plugins'][number] {
  return { name: 'cache', state: 'live', plugin: { name, version, isolation: 'worker' } as Plugin };
}

it('shows versions, plugin, address and pages', () => {
  const pages = [
    { name: 'metrics', path: '/metrics' },
    { name: 'documentation', path: '/docs' },
  ];

  expect(startSummary({ ...facts, plugins: [live('cache-redis', '0.1.0')], pages })).toBe(
    [
      'pluggable 1.2.3, Node 26.10.0',
      '  cache plugin   cache-redis 0.1.0, worker, live',
      '  address        http://127.0.0.1:8080',
      '  metrics        http://127.0.0.1:8080/metrics',
      '  documentation  http://127.0.0.1:8080/docs',
      '',
    ].join('\n'),
  );
});

it.each([
  ['none', 'none'],
  ['failed', 'failed; the start will be retried'],
] as const)('shows that there is no plugin: %s', (state, shown) => {
  const summary = startSummary({ ...facts, plugins: [{ name: 'cache', state, plugin: null }] });

  expect(summary).toContain(`  cache plugin  ${shown}\n`);
});

it('shows an address that a browser can open', () => {
  const summary = startSummary({ ...facts, addr: 'http://[::]:8080', isOnAllInterfaces: true });

  expect(summary).toContain('  address  http://localhost:8080 (all interfaces)\n');
});

it('escapes control characters', () => {
  const summary = startSummary({ ...facts, plugins: [live('a\u001b[2J\n', null)] });

  expect(summary).toContain('  cache plugin  a\\u001b[2J\\n, worker, live\n');
});
