// Random changes of a folder: invariants after each refresh.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { eventsOf, folderOf, GREETER, greeter, type Greeter, startApp } from '../../../../test/support/greeters.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import { getPluginsToken, type PluginMap, PluginModule, PluginRegistry } from '../index.js';

const RUNS = 60;
const FILES = ['a.mjs', 'b.mjs', 'c.js'] as const;

const step = fc.record({
  file: fc.constantFrom(...FILES),
  becomes: fc.constantFrom('x', 'y', 'z', 'broken', 'another kind', 'gone', 'x', 'y', 'z'),
  isRefreshed: fc.boolean(),
});

interface Content {
  readonly becomes: string;
  /** Its greeting, unique for each plugin. */
  readonly word: string;
}

let written = 0;

function textOf({ becomes, word }: Content): string {
  if (becomes === 'broken') return `throw new Error('${word}')`;
  return becomes === 'another kind' ? greeter(word, { kind: 'mailer' }) : greeter(word, { name: becomes });
}

const byFile = ([one]: [string, unknown], [other]: [string, unknown]): number => (one < other ? -1 : 1);

/** The folder and its expected state. */
class Folder {
  readonly directory = folderOf();
  readonly contents = new Map<string, Content>();
  /** The live plugins, by file. */
  readonly serving = new Map<string, Content>();
  readonly words: string[] = [];

  change(file: string, becomes: string): void {
    const path = join(this.directory, file);
    this.contents.delete(file);
    if (becomes === 'gone') return rmSync(path, { force: true });
    const content = { becomes, word: `w${++written}` };
    this.contents.set(file, content);
    this.words.push(content.word);
    writeFileSync(path, textOf(content));
  }

  /** Computes the outcome for each file. @returns the codes of failed files */
  refresh(): Record<string, string> {
    for (const file of FILES) if (!this.contents.has(file)) this.serving.delete(file);
    const codes = new Map<string, string>();
    let moving: [string, Content][] = [];
    for (const [file, content] of [...this.contents].toSorted(byFile)) {
      if (content.becomes === 'broken') codes.set(file, 'PLUGIN_NOT_LOADABLE');
      else if (content.becomes === 'another kind') {
        if (this.serving.has(file)) codes.set(file, 'PLUGIN_WRONG_KIND');
      } else if (this.serving.get(file)?.becomes === content.becomes) this.serving.set(file, content);
      else moving.push([file, content]);
    }
    for (let taken = this.takenOf(moving); taken.length > 0; taken = this.takenOf(moving)) {
      for (const file of taken) codes.set(file, 'PLUGIN_NAME_TAKEN');
      moving = moving.filter(([file]) => !taken.includes(file));
    }
    for (const [file, content] of moving) this.serving.set(file, content);
    return Object.fromEntries([...codes].toSorted(byFile));
  }

  /** Number of plugins that are opened and not closed. */
  countOpen(): number {
    const events = this.words.flatMap(eventsOf);
    return events.filter((event) => event === 'opened').length - events.filter((event) => event === 'closed').length;
  }

  /** Files whose name is held by an unchanged plugin, or by an earlier file. */
  private takenOf(moving: readonly [string, Content][]): string[] {
    const names = moving.map(([, { becomes }]) => becomes);
    const staying = [...this.serving].filter(([file]) => !moving.some(([other]) => other === file));
    const isTaken = ([, { becomes }]: [string, Content], index: number): boolean =>
      staying.some(([, content]) => content.becomes === becomes) || names.indexOf(becomes) < index;
    return moving.filter(isTaken).map(([file]) => file);
  }
}

async function refreshAndCheck(folder: Folder, map: PluginMap<Greeter>, registry: PluginRegistry): Promise<void> {
  const before = [...map.keys()];
  const { added, removed, failed } = await map.refresh();
  const codes = folder.refresh();
  expect(failed).toEqual(Object.keys(codes));
  expect(Object.fromEntries([...map.failed].map(([file, { code }]) => [file, code]))).toEqual(codes);

  const names = [...folder.serving.values()].map(({ becomes }) => becomes).toSorted();
  expect([...map.keys()]).toEqual(names);
  expect([...before.filter((name) => !removed.includes(name)), ...added].toSorted()).toEqual(names);
  expect(registry.plugins.map(({ name }) => name)).toEqual(names.map((name) => `greeter/${name}`));
  const greetings = [...map].map(async ([name, plugin]) => [name, await plugin.greet('you')]);
  const words = [...folder.serving.values()].map(({ becomes, word }) => [becomes, `${word} you`]);
  expect(Object.fromEntries(await Promise.all(greetings))).toEqual(Object.fromEntries(words));
  await eventually('the end of what was replaced', () => folder.countOpen() === map.size);
}

it('A PluginMap holds the plugins of its folder, keeps working ones and closes all others, after any changes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const folder = new Folder();
      const { logger } = recordingLogger();
      const app = await startApp(PluginModule.forDirectory(GREETER, { directory: folder.directory, logger }));
      const map = app.get<PluginMap<Greeter>>(getPluginsToken(GREETER));
      for (const { file, becomes, isRefreshed } of steps) {
        folder.change(file, becomes);
        if (isRefreshed) await refreshAndCheck(folder, map, app.get(PluginRegistry));
      }
      await app.close();
      expect(folder.countOpen()).toBe(0);
    }),
    { numRuns: RUNS },
  );
});
