// Comparison of versions of Node.js.

/** @param version as in `process.versions.node` */
export function isAtLeast(version: string, major: number, minor = 0): boolean {
  const [itsMajor = 0, itsMinor = 0] = version.split('.').map(Number);
  return itsMajor > major || (itsMajor === major && itsMinor >= minor);
}

/** Whether this Node.js is of this version or a later one. */
export function isNodeAtLeast(major: number, minor = 0): boolean {
  return isAtLeast(process.versions.node, major, minor);
}
