// The answers to --help and --version.
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { settingInfos } from './settings.js';

export function helpText(): string {
  const flags: Row[] = [];
  const variables: Row[] = [];
  for (const { flag, variable, help, fallback, shownDefault = fallback } of settingInfos()) {
    if (flag === undefined) variables.push([variable, `${help} (default: ${shownDefault})`]);
    else flags.push([`--${flag} <value>`, `${help} (${variable}, default: ${shownDefault})`]);
  }
  return `Usage: pluggable [flags]

GET /fib/:n, a deliberately slow Fibonacci behind a cache that is a plugin

Flags:
${table([...flags, ['-V, --version', 'print the version'], ['-h, --help', 'print this help']])}

Variables without a flag:
${table(variables)}

Flags win over the environment, the environment over .env. Durations: 250ms, 15s, 1m30s.
`;
}

export function version(): string {
  const packageJson: unknown = JSON.parse(readFileSync(findPackageJSON(import.meta.url) ?? '', 'utf8'));
  return (packageJson as { version: string }).version;
}

type Row = readonly [name: string, text: string];

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join('\n');
}
