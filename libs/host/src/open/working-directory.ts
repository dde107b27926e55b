// The working directory, also after it was deleted: relative paths keep their meaning, and guests still start.
import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This library's own folder: it is there whenever a guest can start, and every guest may read it. */
const REFUGE = resolve(fileURLToPath(new URL('..', import.meta.url)));

let lastKnown: string | undefined;

/** The folder from which relative paths are resolved: the working directory, or the last one before it was deleted. */
export function workingDirectory(): string {
  try {
    const directory = process.cwd();
    if (directory !== REFUGE) lastKnown = directory;
  } catch {
    // Deleted.
  }
  return lastKnown ?? REFUGE;
}

/** @returns the folder itself while it is there, else another one in which a process can start */
export function existingDirectory(directory: string): string {
  return statOf(directory)?.isDirectory() === true ? directory : REFUGE;
}

/**
 * Moves this process out of a deleted working directory, because Node starts no thread in one: to a new folder of the same
 * name, else to this library's own. Node remembers the path, so only the file system tells whether the folder is the same.
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
