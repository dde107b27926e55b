// The process entry. It checks the version of Node before it imports anything.
const OLDEST_NODE = 24;

// Without a listener, SIGUSR1 opens a debugger. Registered before the imports.
process.on('SIGUSR1', () => {});

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  console.error(
    `pluggable needs Node.js ${OLDEST_NODE} or newer, found ${process.versions.node}; start it with npm start, or with node_modules/.bin/node`,
  );
  process.exitCode = 1;
} else {
  const { readCompileCache } = await import('./process/fast-loading.js');
  readCompileCache();
  const { start } = await import('./process/start.js');
  await start(process.argv.slice(2));
}
