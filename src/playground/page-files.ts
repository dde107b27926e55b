// The files of the page, read once.
import { readFileSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import type { PageFacts } from './page-facts.js';
import { MAX_BURST, PLAYGROUND_OPTIONS, type PlaygroundOptions } from './playground.options.js';

/** A file that the page loads. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  'page.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** Their names. */
export const PAGE_FILES: readonly string[] = Object.keys(TYPES);

/** Next to the bundle of this file. */
const FOLDER = new URL('./playground/', import.meta.url);

@Injectable()
export class PageFiles {
  readonly page: PageFile;
  private readonly files: ReadonlyMap<string, PageFile>;

  /** @throws Error of the file system when the application is not built completely */
  constructor(@Inject(PLAYGROUND_OPTIONS) options: PlaygroundOptions) {
    const facts = attribute({ ...options, maxBurst: MAX_BURST });
    const html = readFileSync(new URL('index.html', FOLDER), 'utf8').replace('{{facts}}', () => facts);
    this.page = { type: 'text/html; charset=utf-8', bytes: Buffer.from(html) };
    this.files = new Map(
      Object.entries(TYPES).map(([name, type]) => [name, { type, bytes: readFileSync(new URL(name, FOLDER)) }]),
    );
  }

  /** @param name one of {@link PAGE_FILES} */
  file(name: string): PageFile {
    const file = this.files.get(name);
    if (file === undefined) throw new Error(`the page has no file ${name}`);
    return file;
  }
}

/** The facts as JSON, safe between double quotes. */
function attribute(facts: PageFacts): string {
  return JSON.stringify(facts).replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
