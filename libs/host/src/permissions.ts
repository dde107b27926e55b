// Permissions of an isolated plugin, and the Node flags that enforce them (https://nodejs.org/api/permissions.html).
import { resolve } from 'node:path';
import { isError } from './foreign-error.js';
import { isNodeAtLeast } from './node-version.js';

export const PERMISSIONS = 'net, fs.read:<path>, fs.write:<path>, child, worker, addons';

export function isPermission(text: string): boolean {
  return /^(net|child|worker|addons|fs\.(read|write):.+)$/s.test(text);
}

/** Before Node.js 25, the network is not restricted, and the flag is refused. */
const RESTRICTS_NET = isNodeAtLeast(25);

/** @param directory base of relative paths in the permissions */
export function permissionFlags(permissions: readonly string[], directory: string): string[] {
  return permissions.flatMap((permission) => {
    const [kind, ...path] = permission.split(':');
    switch (kind) {
      case 'net':
        return RESTRICTS_NET ? ['--allow-net'] : [];
      case 'fs.read':
        return [`--allow-fs-read=${resolve(directory, path.join(':'))}`];
      case 'fs.write':
        return [`--allow-fs-write=${resolve(directory, path.join(':'))}`];
      case 'child':
        return ['--allow-child-process'];
      case 'addons':
        return ['--allow-addons'];
      default:
        return ['--allow-worker'];
    }
  });
}

/** Returns the permission that Node denied, also if the error is a cause; undefined for any other error. */
export function deniedPermission(error: unknown): string | undefined {
  try {
    for (let depth = 0, at = error; depth < 5 && isError(at); depth++, at = at.cause) {
      const code = 'code' in at ? at.code : undefined;
      if (code === 'ERR_DLOPEN_DISABLED') return 'addons';
      if (code === 'ERR_ACCESS_DENIED') return permissionOf(at);
    }
  } catch {
    // An error of a plugin may have getters that throw.
  }
  return undefined;
}

function permissionOf(error: Error): string | undefined {
  const resource = 'resource' in error ? String(error.resource) : '<path>';
  switch ('permission' in error ? error.permission : undefined) {
    case 'FileSystemRead':
      return `fs.read:${resource}`;
    case 'FileSystemWrite':
      return `fs.write:${resource}`;
    case 'ChildProcess':
      return 'child';
    case 'WorkerThreads':
      return 'worker';
    case 'Addon':
      return 'addons';
    case undefined:
    case 'Net':
      // The error of a socket names no permission.
      return 'net';
    default:
      return undefined;
  }
}
