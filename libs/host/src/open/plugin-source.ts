// Step 2, read and verify: the file is read once, and exactly these bytes run, in every isolation and after every restart.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { PluginError, reasonOf } from '../plugin.error.js';
import type { PluginLocation } from './plugin-location.js';
import type { SettingNames } from '../plugin-options.js';

/** The bytes of a plugin and the data that Node needs to run them. Plain data that crosses a thread or a process. */
export interface PluginSource extends PluginLocation {
  readonly bytes: Uint8Array;
  readonly format: 'module' | 'commonjs';
  /** SHA-256 of the bytes, in the format of Subresource Integrity. */
  readonly hash: string;
  /** Whether `integrity` is set. A pinned plugin may import only `node:` modules. */
  readonly isPinned: boolean;
}

/** From weak to strong. */
const ALGORITHMS = ['sha256', 'sha384', 'sha512'] as const;
type Algorithm = (typeof ALGORITHMS)[number];

/**
 * Reads the file and compares its hash with `integrity`. As in Subresource Integrity (https://www.w3.org/TR/sri-2/), only the
 * hashes of the strongest algorithm count, and one of them must match. Unlike there, a malformed hash is refused, not ignored.
 *
 * @param integrity `sha256-`, `sha384-` or `sha512-` and base64, several separated by spaces; empty for any bytes. Whitespace
 * alone is invalid.
 * @throws PluginError PLUGIN_NOT_READABLE, PLUGIN_INTEGRITY_INVALID, PLUGIN_INTEGRITY_MISMATCH, PLUGIN_NOT_LOADABLE
 */
export async function readPlugin(
  location: PluginLocation,
  integrity: string,
  settingNames: SettingNames,
): Promise<PluginSource> {
  const { path } = location;
  const wanted = parseIntegrity(path, integrity, settingNames);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(new URL(location.url));
  } catch (cause) {
    throw new PluginError('PLUGIN_NOT_READABLE', {
      path,
      found: `a file that cannot be read (${reasonOf(cause)})`,
      wanted: 'a JavaScript module',
      fix: `correct ${settingNames.path}`,
      cause,
    });
  }
  const strongest = ALGORITHMS.findLast((algorithm) => wanted.some((hash) => hash.startsWith(algorithm)));
  const accepted = wanted.filter((hash) => strongest !== undefined && hash.startsWith(strongest));
  if (strongest !== undefined && !accepted.includes(hashOf(bytes, strongest))) {
    throw new PluginError('PLUGIN_INTEGRITY_MISMATCH', {
      path,
      found: `a file with the hash ${hashOf(bytes, strongest)}`,
      wanted: accepted.join(' or '),
      fix: `put the right file there, or correct ${settingNames.integrity}`,
    });
  }
  const format = formatOf(location, bytes);
  return { ...location, bytes, format, hash: hashOf(bytes), isPinned: wanted.length > 0 };
}

function parseIntegrity(path: string, integrity: string, settingNames: SettingNames): string[] {
  if (integrity === '') return [];
  const hashes = integrity.split(/\s+/).filter((hash) => hash !== '');
  const wrong = hashes.length === 0 ? integrity : hashes.find((hash) => !isHash(hash));
  if (wrong !== undefined) {
    throw new PluginError('PLUGIN_INTEGRITY_INVALID', {
      path,
      found: `the hash ${JSON.stringify(wrong)}`,
      wanted: `${ALGORITHMS.map((algorithm) => `${algorithm}-`).join(' or ')} followed by the hash in base64`,
      fix: `correct ${settingNames.integrity}`,
    });
  }
  return hashes;
}

function isHash(text: string): boolean {
  const [, algorithm, base64 = ''] = /^(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  // The right number of bytes, in canonical base64.
  const bytes = Buffer.from(base64, 'base64');
  return (
    algorithm !== undefined && bytes.length * 8 === Number(algorithm.slice(3)) && bytes.toString('base64') === base64
  );
}

/**
 * Returns the hash of the bytes in the format of Subresource Integrity, for the option `integrity`.
 * @param algorithm 'sha256', 'sha384' or 'sha512'. @default 'sha256'
 * @example hashOf(await readFile('plugins/smtp.mjs')) // 'sha256-…'
 */
export function hashOf(bytes: Uint8Array, algorithm: Algorithm = 'sha256'): string {
  return `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`;
}

/** Module format by Node's rules (https://nodejs.org/api/packages.html#determining-module-system), for JavaScript only. */
function formatOf({ path, url }: PluginLocation, bytes: Uint8Array): PluginSource['format'] {
  const file = fileURLToPath(url);
  const extension = extname(file);
  switch (extension) {
    case '.mjs':
      return 'module';
    case '.cjs':
      return 'commonjs';
    case '.js':
      return typeOfPackage(dirname(file)) ?? (isCommonJs(bytes) ? 'commonjs' : 'module');
    default:
      throw new PluginError('PLUGIN_NOT_LOADABLE', {
        path,
        found: extension === '' ? 'a file without an extension' : `a file that ends in ${extension}`,
        wanted: 'a JavaScript module (.mjs, .js or .cjs)',
        fix: 'point at the file that the build of the plugin wrote',
      });
  }
}

/** The "type" of the nearest package.json; undefined if it has none or does not exist. */
function typeOfPackage(folder: string): PluginSource['format'] | undefined {
  const text = readIfThere(join(folder, 'package.json'));
  if (text !== undefined) {
    const type = typeIn(text);
    return type === 'module' || type === 'commonjs' ? type : undefined;
  }
  const parent = dirname(folder);
  return parent === folder || basename(folder) === 'node_modules' ? undefined : typeOfPackage(parent);
}

function typeIn(packageJson: string): unknown {
  try {
    return (JSON.parse(packageJson) as { type?: unknown } | null)?.type;
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isCommonJs(bytes: Uint8Array): boolean {
  try {
    compileFunction(Buffer.from(bytes).toString('utf8'), ['exports', 'require', 'module', '__filename', '__dirname']);
    return true;
  } catch {
    return false;
  }
}
