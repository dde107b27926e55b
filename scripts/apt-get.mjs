// Installs Debian packages, if this user and this system can.
import { spawnSync } from 'node:child_process';

/** Fails silently: the caller checks for what it needs. */
export function aptGetInstall(...names) {
  if (process.getuid?.() !== 0 || !runs('--version')) return;
  console.error(`installing ${names.join(' and ')} (once)`);
  runs('update', '-qq');
  // Another package can be in installation.
  runs('install', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...names);
}

function runs(...args) {
  // RUNLEVEL: no service is started.
  const env = { ...process.env, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { stdio: 'ignore', env }).status === 0;
}
