// The CPU quota by the files of Linux, in folders that stand for the root of the file system.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cpuQuota } from './cpu-quota.js';

const V2_MOUNT = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate';
const V1_MOUNT = '32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu';

/** The quota of a process by the lines of its /proc/self/cgroup and /proc/self/mountinfo, and the files of its groups. */
function quotaWith(group: string, mountinfo: string, files: Readonly<Record<string, string>> = {}): number {
  const root = mkdtempSync(join(tmpdir(), 'pluggable-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  const all = { 'proc/self/cgroup': group, 'proc/self/mountinfo': mountinfo, ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return cpuQuota(root);
}

/** The files of a group in version 1. */
function v1Quota(folder: string, quota: string, period = '100000'): Record<string, string> {
  return { [`${folder}/cpu.cfs_quota_us`]: quota, [`${folder}/cpu.cfs_period_us`]: period };
}

describe('cgroup v2', () => {
  it.each([
    ['50000 100000', 0.5],
    ['250000 100000', 2.5],
    ['20000 10000', 2],
    ['100000 100000 0', 1],
    ['max 100000', Infinity],
  ])('reads %j', (text, cpus) => {
    expect(quotaWith('0::/app', V2_MOUNT, { 'sys/fs/cgroup/app/cpu.max': text })).toBe(cpus);
  });

  it.each([
    ['of the group', '100000 100000', '200000 100000', '300000 100000'],
    ['of its parent', '300000 100000', '100000 100000', '200000 100000'],
    ['of the root of its mount', 'max 100000', '300000 100000', '100000 100000'],
  ])('takes the smallest quota, that %s', (_, own, parent, top) => {
    const files = {
      'sys/fs/cgroup/pods/app/cpu.max': own,
      'sys/fs/cgroup/pods/cpu.max': parent,
      'sys/fs/cgroup/cpu.max': top,
      'sys/fs/cgroup/pods/other/cpu.max': '10000 100000',
    };

    expect(quotaWith('0::/pods/app', V2_MOUNT, files)).toBe(1);
  });

  it('reads the root of the mount in a cgroup namespace', () => {
    expect(quotaWith('0::/', V2_MOUNT, { 'sys/fs/cgroup/cpu.max': '150000 100000' })).toBe(1.5);
  });

  it('does not follow a group outside of the cgroup namespace', () => {
    const files = { 'sys/fs/app/cpu.max': '100000 100000', 'sys/fs/cgroup/cpu.max': '200000 100000' };

    expect(quotaWith('0::/../app', V2_MOUNT, files)).toBe(Infinity);
  });

  it('reads a group whose name has a colon', () => {
    const files = { 'sys/fs/cgroup/cri:app/cpu.max': '100000 100000' };

    expect(quotaWith('0::/cri:app', V2_MOUNT, files)).toBe(1);
  });

  it('reads a mount in a folder whose name has a blank', () => {
    const mount = String.raw`30 23 0:26 / /my\040groups rw - cgroup2 cgroup2 rw`;

    expect(quotaWith('0::/app', mount, { 'my groups/app/cpu.max': '100000 100000' })).toBe(1);
  });
});

describe('cgroup v1', () => {
  it.each([
    ['50000', 0.5],
    ['250000', 2.5],
    ['-1', Infinity],
  ])('reads a quota of %s', (quota, cpus) => {
    expect(quotaWith('1:cpu:/app', V1_MOUNT, v1Quota('sys/fs/cgroup/cpu/app', quota))).toBe(cpus);
  });

  it('takes the quota of a parent if it is smaller', () => {
    const files = {
      ...v1Quota('sys/fs/cgroup/cpu/pods', '100000'),
      ...v1Quota('sys/fs/cgroup/cpu/pods/app', '-1'),
    };

    expect(quotaWith('1:cpu:/pods/app', V1_MOUNT, files)).toBe(1);
  });

  it('reads a hierarchy of several controllers, and no other one', () => {
    const mounts = [
      '33 25 0:30 / /sys/fs/cgroup/cpuset rw shared:14 - cgroup cgroup rw,cpuset',
      '34 25 0:31 / /sys/fs/cgroup/cpu,cpuacct rw shared:15 - cgroup cgroup rw,cpu,cpuacct',
    ];
    const files = {
      ...v1Quota('sys/fs/cgroup/cpu,cpuacct/app', '200000'),
      ...v1Quota('sys/fs/cgroup/cpuset/app', '100000'),
      ...v1Quota('sys/fs/cgroup/cpu,cpuacct/other', '100000'),
    };

    expect(quotaWith('3:cpuset:/other\n2:cpu,cpuacct:/app', mounts.join('\n'), files)).toBe(2);
  });

  it('reads the mount of a container whose root is the group of the container', () => {
    const mount = '34 25 0:31 /docker/1f /sys/fs/cgroup/cpu ro master:15 - cgroup cgroup rw,cpu';
    const files = {
      ...v1Quota('sys/fs/cgroup/cpu', '300000'),
      ...v1Quota('sys/fs/cgroup/cpu/child', '200000'),
    };

    expect(quotaWith('2:cpu:/docker/1f', mount, files)).toBe(3);
    expect(quotaWith('2:cpu:/docker/1f/child', mount, files)).toBe(2);
    expect(quotaWith('2:cpu:/docker/1f2', mount, files)).toBe(Infinity);
  });
});

describe('a hybrid of both versions', () => {
  const v2Mount = '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw';
  const v2Files = { 'sys/fs/cgroup/unified/app/cpu.max': '200000 100000' };

  it.each(['0::/app\n1:cpu:/app', '1:cpu:/app\n0::/app'])('has the quota of version 1 with the groups %j', (groups) => {
    const files = { ...v1Quota('sys/fs/cgroup/cpu/app', '300000'), ...v2Files };

    expect(quotaWith(groups, `${v2Mount}\n${V1_MOUNT}`, files)).toBe(3);
  });

  it('has the quota of version 2 if version 1 has other controllers', () => {
    const v1Mount = '35 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset';

    expect(quotaWith('1:cpuset:/app\n0::/app', `${v1Mount}\n${v2Mount}`, v2Files)).toBe(2);
  });
});

describe('no quota', () => {
  it('without the files', () => {
    expect(cpuQuota(join(tmpdir(), 'pluggable-no-such-folder'))).toBe(Infinity);
  });

  it('without the files of the group', () => {
    expect(quotaWith('0::/app', V2_MOUNT)).toBe(Infinity);
    expect(quotaWith('1:cpu:/app', V1_MOUNT)).toBe(Infinity);
  });

  it('without a mount', () => {
    expect(quotaWith('0::/app', '', { 'sys/fs/cgroup/app/cpu.max': '100000 100000' })).toBe(Infinity);
  });

  it.each(['', 'max', '100000', '100000 0', '0 100000', '-1 100000', '1e5 100000', 'x y', '100000\n100000'])(
    'with cpu.max %j',
    (text) => {
      expect(quotaWith('0::/app', V2_MOUNT, { 'sys/fs/cgroup/app/cpu.max': text })).toBe(Infinity);
    },
  );

  it.each([
    ['', ''],
    ['100000', '0'],
    ['0', '100000'],
    ['many', '100000'],
    ['100000', ''],
  ])('with cpu.cfs_quota_us %j and cpu.cfs_period_us %j', (quota, period) => {
    expect(quotaWith('1:cpu:/app', V1_MOUNT, v1Quota('sys/fs/cgroup/cpu/app', quota, period))).toBe(Infinity);
  });

  it.each([
    ['nonsense', V2_MOUNT],
    ['0:/app', V2_MOUNT],
    ['0::app', V2_MOUNT],
    ['0::/app', 'nonsense'],
    ['0::/app', ' - cgroup2'],
    ['0::/app', '30 23 0:26 / /sys/fs/cgroup rw cgroup2 cgroup2 rw'],
  ])('with the group %j and the mount %j', (group, mount) => {
    const files = { 'sys/fs/cgroup/app/cpu.max': '100000 100000', 'app/cpu.max': '100000 100000' };

    expect(quotaWith(group, mount, files)).toBe(Infinity);
  });
});
