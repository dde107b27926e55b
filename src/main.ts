// The process entry. It imports nothing before it has seen that this Node can run the program.
const OLDEST_NODE = 24;

// Node would open a debugger. It must listen before anything is imported, and does nothing.
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
