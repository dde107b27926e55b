// The hooks for plugins leave all other modules as they are. Some versions of Node.js break them: see isRequireBrokenByHooks.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { folder, openCache, pluginFile } from '../../../../test/support/built-host.js';

/** CommonJS that requires an ES module with an import, as Express does. */
function commonJs(name: string): string {
  writeFileSync(join(folder, `${name}-2.mjs`), `export const answer = 42;`);
  writeFileSync(join(folder, `${name}-1.mjs`), `export { answer } from './${name}-2.mjs';`);
  const path = join(folder, `${name}.cjs`);
  writeFileSync(path, `exports.answer = require('./${name}-1.mjs').answer;`);
  return path;
}

const PLUGIN = `({ get: async () => ({ answer }), async set() {} })`;

describe('CommonJS that requires an ES module', () => {
  beforeAll(async () => {
    await (await openCache(pluginFile(`export const Factory = () => ({ get() {}, set() {} });`))).close();
  });

  it('can be imported by the application after a plugin', async () => {
    await expect(import(pathToFileURL(commonJs('application')).href)).resolves.toMatchObject({ answer: 42 });
  });

  it('can be imported by a plugin', async () => {
    const text = `import { answer } from '${pathToFileURL(commonJs('imported')).href}';
      export const Factory = () => ${PLUGIN};`;
    const plugin = await openCache(pluginFile(text));
    await expect(plugin.proxy.get('key')).resolves.toEqual({ answer: 42 });
    await plugin.close();
  });

  it('can be a plugin', async () => {
    const text = `const { answer } = require('${commonJs('required')}');
      exports.Factory = () => ${PLUGIN};`;
    const plugin = await openCache(pluginFile(text, 'cjs'));
    await expect(plugin.proxy.get('key')).resolves.toEqual({ answer: 42 });
    await plugin.close();
  });
});
