// A test contract, its plugins as files of a folder, and Nest applications that use them.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplicationContext, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type CallOptions, defineContract, type Lifecycle } from '@pluggable/contract';
import { afterAll, onTestFinished } from 'vitest';
import { eventually } from './eventually.js';

export interface Greeter extends Lifecycle {
  greet(person: string, options?: CallOptions): Promise<string>;
}

export const GREETER = defineContract<Greeter>({
  kind: 'greeter',
  version: 1,
  methods: { greet: { args: ['person'], timeoutMs: 10_000 } },
});

export const fallback: Greeter = { greet: async (person) => `fallback ${person}` };

interface Shared {
  /** The events of the plugins in this thread, by their words. */
  readonly events: string[];
  /** The gates of gated plugins. */
  readonly gates: Map<string, PromiseWithResolvers<void>>;
}

const shared: Shared = { events: [], gates: new Map() };
Reflect.set(globalThis, 'greeters', shared);

/** The events of one plugin, for example `['opened', 'closed']`. */
export const eventsOf = (word: string): string[] =>
  shared.events.filter((event) => event.startsWith(`${word} `)).map((event) => event.slice(word.length + 1));

export async function happened(word: string, event: string): Promise<void> {
  await eventually(`${word} ${event}`, () => eventsOf(word).includes(event));
}

/** The gate of the plugin with this word, for `greet('slow')`, and for a factory and a close with the option. */
export function gate(word: string): PromiseWithResolvers<void> {
  const known = shared.gates.get(word) ?? Promise.withResolvers<void>();
  shared.gates.set(word, known);
  return known;
}

export interface GreeterParts {
  /** @default the word */
  readonly name?: string;
  /** @default 'greeter' */
  readonly kind?: string;
  /** @default one that greets */
  readonly factory?: 'blocks' | 'gated' | 'hangs' | 'throws';
  /** @default one that ends at once */
  readonly close?: 'gated' | 'hangs';
  readonly ping?: 'fails';
  /** JavaScript at the start of the file. */
  readonly before?: string;
}

const FACTORIES = {
  blocks: 'await null; for (;;); ',
  gated: 'await wait(); ',
  hangs: 'await new Promise(() => {}); ',
  throws: "throw new Error('no greeting today'); ",
};
const CLOSES = { gated: 'await wait();', hangs: 'await new Promise(() => {});' };

/** A plugin that greets with a word. */
export function greeter(word: string, { name = word, kind = 'greeter', ...parts }: GreeterParts = {}): string {
  return `${parts.before ?? ''}
const shared = globalThis.greeters ?? { events: [], gates: new Map() };
const wait = () => shared.gates.get('${word}').promise;
export const manifest = { kind: '${kind}', contract: 1, name: '${name}', version: '1' };
export const Factory = async (log) => {
  log.info('begins');
  shared.events.push('${word} begins');
  ${parts.factory === undefined ? '' : FACTORIES[parts.factory]}
  shared.events.push('${word} opened');
  return {
    async greet(person) {
      if (person === 'slow') await wait();
      if (person === 'crash') setTimeout(() => process.exit(9));
      if (person === 'block') for (;;);
      return '${word} ' + person;
    },
    ${parts.ping === undefined ? '' : "async ping() { throw new Error('no back end'); },"}
    async close() {
      shared.events.push('${word} closes');
      ${parts.close === undefined ? '' : CLOSES[parts.close]}
      shared.events.push('${word} closed');
    },
  };
};
`;
}

const root = realpathSync(mkdtempSync(join(tmpdir(), 'greeters-')));
afterAll(() => rmSync(root, { recursive: true }));

/** A folder with these files, removed after the tests of the file. */
export function folderOf(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(root, 'folder-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** The path of a file with a plugin for a word. */
export function greeterFile(word: string, parts?: GreeterParts): string {
  const name = `${word}.mjs`;
  return join(folderOf({ [name]: greeter(word, parts) }), name);
}

@Module({})
export class RootModule {}

export type Imports = Required<ModuleMetadata>['imports'];

/** Starts an application of these modules without a server. It is closed at the end of the test at the latest. */
export async function startApp(...imports: Imports): Promise<INestApplicationContext> {
  const app = await NestFactory.createApplicationContext(
    { module: RootModule, imports },
    { logger: false, abortOnError: false },
  );
  onTestFinished(() => app.close());
  return app;
}

/** The codes of errors, or the errors themselves if they have none. */
export async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
}
