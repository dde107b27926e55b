// The working directory, also after it was deleted: relative paths stay valid, and guests can still start.
import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this library. A guest needs it to start and may always read it. */
const LIBRARY_DIRECTORY = resolve(fileURLToPath(new URL('..', import.meta.url)));

let lastKnown: string | undefined;

/** Base of relative paths: the working directory, or the last known one if it was deleted. */
export function workingDirectory(): string {
  try {
    const directory = process.cwd();
    if (directory !== LIBRARY_DIRECTORY) lastKnown = directory;
  } catch {
    // Deleted.
  }
  return lastKnown ?? LIBRARY_DIRECTORY;
}

/** @returns the folder if it exists, else the folder of this library */
export function existingDirectory(directory: string): string {
  return statOf(directory)?.isDirectory() === true ? directory : LIBRARY_DIRECTORY;
}

/**
 * Moves this process out of a deleted working directory, because Node cannot start a thread there: to a new folder of the same
 * name, else to the folder of this library. Node caches the path, so inode numbers are compared.
 */
export function leaveDeletedDirectory(): void {
  const directory = workingDirectory();
  const named = statOf(directory);
  const actual = statSync('.');
  if (named?.ino !== actual.ino || named.dev !== actual.dev) process.chdir(existingDirectory(directory));
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
