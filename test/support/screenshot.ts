// Pictures of pages for the documents.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { ROOT } from './program.js';

const IMAGES = join(ROOT, 'docs', 'images');

/** Upper limit of a picture, so that the repository stays small. */
const MAX_BYTES = 150_000;

/** Smoothed text alone has more colours. */
const MIN_COLOURS = 16;

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly colours: number;
}

/**
 * Takes a picture of the visible part of the page, and expects that it has the size of the viewport, at most 150 kB, and content.
 * Writes NAME.png only if the environment variable SCREENSHOTS is `update` (`npm run screenshots`).
 * @param folder of the file. @default docs/images
 */
export async function screenshot(page: Page, name: string, folder = IMAGES): Promise<void> {
  const png = await page.screenshot({ animations: 'disabled', caret: 'hide', scale: 'css' });
  const { colours, ...size } = await examine(page, png);
  expect(size, `size of ${name}`).toEqual(page.viewportSize());
  expect(colours, `colours of ${name}`).toBeGreaterThanOrEqual(MIN_COLOURS);
  if (process.env['SCREENSHOTS'] !== 'update') return;
  expect(png.length, `bytes of ${name}`).toBeLessThanOrEqual(MAX_BYTES);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.png`), png);
}

/** Decodes the picture in an empty page, which no policy limits. */
async function examine(page: Page, png: Buffer): Promise<Picture> {
  const empty = await page.context().newPage();
  try {
    return await empty.evaluate<Picture>(`(async () => {
      const bytes = Uint8Array.from(atob('${png.toString('base64')}'), (byte) => byte.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes]));
      const { width, height } = bitmap;
      const canvas = new OffscreenCanvas(width, height).getContext('2d');
      canvas.drawImage(bitmap, 0, 0);
      const pixels = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
      return { width, height, colours: new Set(pixels).size };
    })()`);
  } finally {
    await empty.close();
  }
}
