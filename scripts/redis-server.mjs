// Sees to a redis-server for the tests: the one on the PATH, else Debian's package when we may install it.
import { spawnSync } from 'node:child_process';

if (!hasRedis() && process.getuid?.() === 0 && runs('apt-get', ['--version'])) {
  console.error('installing redis-server (once)');
  // RUNLEVEL: the tests start their own servers; the package would start one on the usual port.
  const options = { env: { ...process.env, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' } };
  runs('apt-get', ['update', '-qq'], options);
  runs('apt-get', ['install', '-qq', '--no-install-recommends', 'redis-server'], options);
}
if (!hasRedis()) {
  console.error(
    'pluggable: found no redis-server and redis-cli on the PATH, wanted them for the tests; install Redis (apt-get install redis-server, brew install redis)',
  );
  process.exit(1);
}

function hasRedis() {
  return runs('redis-server', ['--version']) && runs('redis-cli', ['--version']);
}

function runs(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'ignore', ...options }).status === 0;
}
