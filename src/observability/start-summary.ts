// The summary of a start for a person: versions, plugins, addresses.
import type { PluginRefStatus } from '@pluggable/nestjs';
import { oneLine } from '../config/one-line.js';
import type { Page } from './pages.js';

export interface StartFacts {
  /** Version of the application. */
  readonly version: string;
  /** Version of Node, without `v`. */
  readonly nodeVersion: string;
  readonly plugins: readonly Pick<PluginRefStatus, 'name' | 'state' | 'plugin'>[];
  /** The bound address. */
  readonly addr: string;
  /** Whether all interfaces are bound. */
  readonly isOnAllInterfaces: boolean;
  /** Further addresses, in the order in which they are shown. */
  readonly pages: readonly Page[];
}

/** The summary, one fact per line, each with its line break. Control characters are escaped. */
export function startSummary({ version, nodeVersion, plugins, addr, isOnAllInterfaces, pages }: StartFacts): string {
  // A browser cannot open the address of all interfaces.
  const url = isOnAllInterfaces ? `http://localhost:${new URL(addr).port}` : addr;
  const rows = [
    ...plugins.map((plugin) => [`${plugin.name} plugin`, described(plugin)] as const),
    ['address', isOnAllInterfaces ? `${url} (all interfaces)` : url] as const,
    ...pages.map(({ name, path }) => [name, `${url}${path}`] as const),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = [
    `pluggable ${version}, Node ${nodeVersion}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
  ];
  return lines.map((line) => `${oneLine(line)}\n`).join('');
}

function described({ state, plugin }: StartFacts['plugins'][number]): string {
  if (plugin !== null) {
    const { name, version, isolation } = plugin;
    return `${name}${version === null ? '' : ` ${version}`}, ${isolation}, ${state}`;
  }
  return state === 'failed' ? 'failed; the start will be retried' : state;
}
