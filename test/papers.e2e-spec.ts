// The documents agree with the sources: links, settings, error codes, promises.
import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { manifest as memoryManifest } from '../libs/cache-memory/src/index.js';
import { manifest as redisManifest } from '../libs/cache-redis/src/index.js';
import { PLUGIN_ERROR_CODES } from '../libs/host/src/plugin-error-codes.js';
import { settingInfos } from '../src/config/settings.js';
import { DRILLS } from './drills/drills.js';
import { ROOT } from './support/program.js';
import { PROMISES } from './support/promises.js';

const run = promisify(execFile);
const read = (name: string): Promise<string> => readFile(join(ROOT, name), 'utf8');

const pages = ['*.md', 'docs/*.md', 'libs/*/README.md', 'examples/*/README.md', 'bench/*.md', 'llms.txt'].flatMap(
  (pattern) => globSync(pattern, { cwd: ROOT }).toSorted(),
);
const guides = globSync('docs/*.md', { cwd: ROOT }).toSorted();
/** The guides that @pluggable/contract ships: their links are followed in the package, too. */
const SHIPPED = ['docs/contracts.md', 'docs/errors.md', 'docs/nest.md', 'docs/plugin-authors.md'];

/** The text outside of code. */
function proseOf(page: string): string {
  return page.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

function linksIn(page: string): string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

function relativeLinksIn(page: string): string[] {
  return linksIn(page).filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of the headings, as GitHub makes them. */
function anchorsIn(page: string): string[] {
  const headings = [...page.replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map(
    ([, heading = '']) => heading,
  );
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** @returns the links of a page whose file or heading does not exist */
async function deadLinksIn(page: string): Promise<string[]> {
  const dead: string[] = [];
  for (const link of relativeLinksIn(await read(page))) {
    const [target = '', anchor] = link.split('#', 2);
    const file = target === '' ? page : join(dirname(page), target);
    if (!existsSync(join(ROOT, file))) dead.push(link);
    else if (anchor !== undefined && !anchorsIn(await read(file)).includes(anchor)) dead.push(link);
  }
  return dead;
}

describe('the documents', () => {
  it.each(pages)('have no dead link: %s', async (page) => {
    expect(await deadLinksIn(page)).toEqual([]);
  });

  it('are all linked from README.md, which has at most 150 lines', async () => {
    const readme = await read('README.md');
    const links = relativeLinksIn(readme);

    expect(guides.filter((page) => !links.includes(page))).toEqual([]);
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  it('are all listed in llms.txt, each with a description', async () => {
    const lines = (await read('llms.txt')).split('\n');
    const listed = lines.flatMap((line) => /^- \[[^\]]+\]\((\S+)\): \S/.exec(line)?.[1] ?? []);

    expect(lines.slice(0, 3)).toEqual([expect.stringMatching(/^# /), '', expect.stringMatching(/^> /)]);
    expect(lines.filter((line) => line.includes('](') && !/^- \[[^\]]+\]\(\S+\): \S/.test(line))).toEqual([]);
    expect(['README.md', ...guides].filter((page) => !listed.includes(page))).toEqual([]);
  });

  it.each(SHIPPED)('link only to what is shipped beside them: %s', async (page) => {
    const files = relativeLinksIn(await read(page)).map((link) => link.split('#', 1)[0]);
    const shipped = SHIPPED.map((one) => one.replace('docs/', ''));
    expect(files.filter((file = '') => file !== '' && !shipped.includes(file))).toEqual([]);
  });

  it.each(globSync('libs/*/README.md', { cwd: ROOT }).toSorted())(
    'have no relative link where the npm registry shows them: %s',
    async (page) => {
      expect(relativeLinksIn(await read(page))).toEqual([]);
    },
  );

  it('have the tables that npm run docs:tables writes', async () => {
    await expect(run(process.execPath, ['scripts/docs-tables.mjs', '--check'], { cwd: ROOT })).resolves.toBeDefined();
  });

  it('have an entry for every code of a PluginError', async () => {
    const anchors = anchorsIn(await read('docs/errors.md'));
    expect(PLUGIN_ERROR_CODES.filter((code) => !anchors.includes(code.toLowerCase()))).toEqual([]);
  });

  it('have a row for every setting, with its flag, and its default where there is a fixed one', async () => {
    const page = await read('docs/configuration.md');
    const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const missing = settingInfos().filter(({ variable, flag, fallback, shownDefault }) => {
      const row = rows.find(([, name]) => name === `\`${variable}\``);
      const isFlag = row?.[2] === (flag === undefined ? '' : `\`--${flag}\``);
      return !isFlag || (shownDefault === undefined && row?.[4] !== `\`${fallback}\``);
    });

    expect(missing).toEqual([]);
  });

  it.each([
    { plugin: 'memory', manifest: memoryManifest },
    { plugin: 'Redis', manifest: redisManifest },
  ])('have the variables of the $plugin plugin with their defaults', async ({ plugin, manifest }) => {
    const [, section = ''] = (await read('docs/configuration.md')).split(`## The ${plugin} plugin\n`);
    const cells = section.split('\n## ')[0]?.matchAll(/^\| `([A-Z_]+)` *\|[^|]*\| (?:`([^`]*)`|none) *\|/gm) ?? [];
    const defaults = Object.fromEntries([...cells].map(([, name = '', value]) => [name, value]));
    const variables = [...(manifest.env ?? []), ...(manifest.secrets ?? [])];
    const validate = (given: object): unknown => manifest.config?.['~standard'].validate(given);

    expect(Object.keys(defaults).toSorted()).toEqual(variables.toSorted());
    // A variable without a default is left out; the others mean the same, set or not.
    const set = Object.fromEntries(Object.entries(defaults).filter(([, value]) => value !== undefined));
    expect(validate(set)).toEqual(validate({}));
    expect(validate(set)).not.toHaveProperty('issues');
  });
});

describe('.env.example', () => {
  it('has every setting with its default, where there is a fixed one, and the plugins', async () => {
    const defaults = settingInfos().map(({ variable, fallback, shownDefault }) => [
      variable,
      shownDefault === undefined ? fallback : '',
    ]);
    const redisVariables = [...(redisManifest.env ?? []), ...(redisManifest.secrets ?? [])];

    expect(parseEnv(await read('.env.example'))).toEqual({
      ...Object.fromEntries(defaults),
      CACHE_PLUGIN_PATH: 'dist/plugins/cache-memory.mjs',
      MEMORY_MAX_ENTRIES: '10000',
      MEMORY_MAX_BYTES: '67108864',
      ...Object.fromEntries(redisVariables.map((name) => [name, ''])),
    });
  });
});

describe('docs/promises.md', () => {
  it('has every promise, and every file that tests one', async () => {
    const page = await read('docs/promises.md');
    const titles = Object.entries(PROMISES).map(([number, promise]) => `## ${number}. ${promise}`);
    const links = (await readdir(join(ROOT, 'test/promises'))).map((file) => `](../test/promises/${file})`);

    expect([...titles, ...links].filter((part) => !page.includes(part))).toEqual([]);
  });
});

describe('docs/operators.md', () => {
  it('has every drill beside an outage, and no other', async () => {
    const page = await read('docs/operators.md');
    const [, table = ''] = /^\| outage \| log \|.*\| drill \|\n((?:\|.*\n)+)/m.exec(page) ?? [];
    const cells = table.split('\n').map((row) => row.split('|').at(-2) ?? '');
    const drills = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));

    expect(new Set(drills)).toEqual(new Set(Object.keys(DRILLS)));
  });
});

describe('the check of the links', () => {
  it('finds links outside of code, and the anchors of headings', () => {
    const page = '# A `code` & more: (1)\n\n[one](a.md#b) `[two](b.md)`\n\n```md\n# no heading [three](c.md)\n```\n';
    expect(linksIn(page)).toEqual(['a.md#b']);
    expect(anchorsIn(page)).toEqual(['a-code--more-1']);
  });
});
