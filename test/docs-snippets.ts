// The code blocks of the documents: their names, their languages, and a folder in which the files of each page run.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eventually } from './support/eventually.js';
import { ROOT } from './support/program.js';

const PACKAGES = ['contract', 'host', 'nestjs', 'cache', 'otel', 'testkit'];
const CODE = ['ts', 'js'];
export const LANGUAGES = [...CODE, 'json', 'sh'];

export interface Block {
  /** `docs/nest.md:17`, of its first line. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  /** The file that it is, by its first line, or by a comment above it. */
  readonly file: string | undefined;
  /** Why it is not checked, by a comment above it. */
  readonly excuse: string | undefined;
}

/** The documents with code blocks that are checked. */
export const PAGES: readonly string[] = ['README.md', 'docs/*.md', 'libs/*/README.md'].flatMap((pattern) =>
  globSync(pattern, { cwd: ROOT }).toSorted(),
);

export async function blocksOf(page: string): Promise<Block[]> {
  return blocksIn(await readFile(join(ROOT, page), 'utf8'), page);
}

/**
 * A block of code names its file in its first line, `// name.ts`, with an explanation behind a colon if there is one. A JSON file
 * is named above its block: `<!-- file: name.json -->`. `<!-- not run: reason -->` excuses a block.
 */
export function blocksIn(text: string, page: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const language = /^```(.*)$/.exec(lines[at] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end === -1) throw new Error(`${page}:${at + 1}: a block without an end`);
    const above = lines.slice(0, at).findLast((line) => line !== '') ?? '';
    const body = lines.slice(at + 1, end);
    blocks.push({
      place: `${page}:${at + 1}`,
      language,
      text: `${body.join('\n')}\n`,
      file: /^\/\/ ([\w./-]+\.[cm]?[jt]s)(:|$)/.exec(body[0] ?? '')?.[1] ?? /^<!-- file: (\S+) -->$/.exec(above)?.[1],
      excuse: /^<!-- not run: (.+) -->$/.exec(above)?.[1],
    });
    at = end;
  }
  return blocks;
}

/** A process that runs a file of a page. */
export class Running implements AsyncDisposable {
  output = '';
  private readonly closed: Promise<unknown>;

  constructor(private readonly child: ChildProcess) {
    this.closed = once(child, 'close');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  /** Waits for a text in its output. */
  async says(text: string): Promise<void> {
    await this.until(JSON.stringify(text), () => this.output.includes(text));
  }

  /** Waits until it accepts connections: Nest logs "successfully started" before it listens. */
  async listens(port: number): Promise<void> {
    await this.until(`a server on port ${port}`, () => acceptsConnections(port));
  }

  /** Waits for its end. @returns the exit code */
  async ended(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    await this.closed;
  }

  private async until(what: string, isReached: () => boolean | Promise<boolean>): Promise<void> {
    try {
      await eventually(what, async () => {
        if (await isReached()) return true;
        if (this.child.exitCode !== null) throw new Error(`it ended with ${this.child.exitCode}`);
        return false;
      });
    } catch (error) {
      throw new Error(`no ${what}; it has printed: ${this.output}`, { cause: error });
    }
  }
}

async function acceptsConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Notes the URL of each file that Node loads, in the file that LOADED names. */
const NOTE_LOADS = `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { appendFileSync(process.env.LOADED, url + '\\n'); return next(url, context); } });
`;

/** The files of all pages, each page in a folder, beside the packages as they are shipped. */
export class Snippets implements AsyncDisposable {
  private readonly ran = new Set<string>();

  private constructor(private readonly root: string) {}

  static async write(): Promise<Snippets> {
    const place = join(ROOT, 'test', 'dist');
    await mkdir(place, { recursive: true });
    const snippets = new Snippets(await mkdtemp(join(place, 'docs-')));
    for (const name of PACKAGES) {
      const [from, to] = [join(ROOT, 'libs', name), join(snippets.root, 'node_modules/@pluggable', name)];
      await cp(join(from, 'dist'), join(to, 'dist'), { recursive: true });
      await cp(join(from, 'package.json'), join(to, 'package.json'));
    }
    await writeFile(join(snippets.root, 'note-loads.mjs'), NOTE_LOADS);
    for (const page of PAGES) {
      const files = (await blocksOf(page)).filter(({ excuse, file }) => excuse === undefined && file !== undefined);
      await snippets.add(page, { 'package.json': '{ "type": "module" }' });
      await snippets.add(page, Object.fromEntries(files.map(({ file = '', text }) => [file, text])));
    }
    return snippets;
  }

  /** @returns the folder of a page, or a file in it */
  path(page: string, file = ''): string {
    return join(this.root, page.replaceAll(/\W/g, '-'), file);
  }

  async pageText(page: string): Promise<string> {
    return await readFile(join(ROOT, page), 'utf8');
  }

  async add(page: string, files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = this.path(page, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  }

  /** Compiles the files of all pages, as strictly as the page that tells how says. @returns the errors of the compiler, by pages */
  async compile(tsconfig: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const { compilerOptions } = JSON.parse(tsconfig) as { compilerOptions: object };
    const own = { rootDir: '.', types: ['node'], noUnusedLocals: true };
    const config = { compilerOptions: { ...compilerOptions, ...own }, include: ['*/**/*'], exclude: ['node_modules'] };
    await writeFile(join(this.root, 'tsconfig.json'), JSON.stringify(config));
    const tsc = new Running(
      spawn(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', this.root], { cwd: this.root }),
    );
    await tsc.ended();
    // An error goes on in lines that are indented.
    const errors = tsc.output.split(/\n(?! )/).filter((line) => line !== '');
    const unplaced = errors.filter((line) => !PAGES.some((page) => line.startsWith(this.folderName(page))));
    if (unplaced.length > 0) throw new Error(unplaced.join('\n'));
    return new Map(PAGES.map((page) => [page, errors.filter((line) => line.startsWith(this.folderName(page)))]));
  }

  /** Runs a file of a page by Node, in the folder of the page. */
  run(page: string, file: string, env: Readonly<Record<string, string>> = {}): Running {
    const note = pathToFileURL(join(this.root, 'note-loads.mjs')).href;
    return this.start(page, process.execPath, ['--import', note, file], { LOADED: join(this.root, 'loaded'), ...env });
  }

  /** Runs a program of a package to its end. @throws unless it succeeds */
  async tool(page: string, name: 'rolldown' | 'vitest', ...args: string[]): Promise<string> {
    const tool = this.start(page, join(ROOT, 'node_modules/.bin', name), args);
    if ((await tool.ended()) !== 0) throw new Error(tool.output);
    return tool.output;
  }

  /** Says that a file ran where Node does not tell: as a plugin, in a bundle, or in a test runner. */
  hasRun(page: string, ...files: string[]): void {
    for (const file of files) this.ran.add(this.path(page, file));
  }

  /** @returns the files of code that no test has run */
  async notRun(): Promise<string[]> {
    const loaded = new Set((await readFile(join(this.root, 'loaded'), 'utf8')).split('\n'));
    const isRun = (path: string): boolean =>
      this.ran.has(path) || loaded.has(pathToFileURL(path.replace(/\.(c?)ts$/, '.$1js')).href);
    const blocks = (
      await Promise.all(PAGES.map(async (page) => (await blocksOf(page)).map((one) => ({ page, ...one }))))
    ).flat();
    return blocks.flatMap(({ page, language, file, excuse, place }) =>
      CODE.includes(language) && excuse === undefined && file !== undefined && !isRun(this.path(page, file))
        ? [`${place} ${file}`]
        : [],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true });
  }

  private folderName(page: string): string {
    return `${relative(this.root, this.path(page))}/`;
  }

  private start(
    page: string,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Running {
    const { PATH, HOME } = process.env;
    return new Running(
      spawn(command, args, {
        cwd: this.path(page),
        env: { PATH, HOME, NO_COLOR: '1', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }
}
