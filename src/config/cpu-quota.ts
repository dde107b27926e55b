// The CPU quota of this process by its Linux cgroups, as container runtimes set it.
import { readFileSync } from 'node:fs';

type Version = 1 | 2;

/** A group of the process, and the version of its hierarchy. */
interface Group {
  readonly version: Version;
  readonly path: string;
}

/** A mounted hierarchy: the group at its root, and the folder where it is mounted. */
interface Mount {
  readonly rootGroup: string;
  readonly folder: string;
}

/**
 * The CPU time that this process may use, in CPUs: 0.5 is half of one CPU.
 *
 * The smallest quota of the own cgroup and of each parent up to the root of its mount, in version 2 (`cpu.max`) or
 * version 1 (`cpu.cfs_quota_us`, `cpu.cfs_period_us`). Files that are missing or malformed mean no quota; other systems
 * than Linux have none of them. It does not report errors. os.availableParallelism() ignores a quota below one CPU
 * (https://github.com/nodejs/node/issues/59200), and that of many hierarchies of version 1.
 *
 * @param root the root of the file system
 * @returns Infinity without a quota
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
 * @see https://docs.kernel.org/scheduler/sched-bwc.html
 * @see https://man7.org/linux/man-pages/man7/cgroups.7.html for /proc/self/cgroup
 */
export function cpuQuota(root = '/'): number {
  const group = cpuGroup(linesOf(`${root}/proc/self/cgroup`));
  if (group === undefined) return Infinity;
  const mounts = mountsOf(linesOf(`${root}/proc/self/mountinfo`), group.version);
  const folders = mounts.flatMap((mount) => foldersOf(group.path, mount));
  return Math.min(...folders.map((folder) => quotaOf(`${root}${folder}`, group.version)));
}

/**
 * The group that the controller `cpu` limits. Each line is `number:controllers:group`; version 2 has the number 0 and no
 * controllers. A controller is in one hierarchy only: a line of version 1 that names it wins.
 */
function cpuGroup(lines: readonly string[]): Group | undefined {
  const groups = lines.flatMap((line): Group[] => {
    const [, id, controllers = '', path = ''] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (id === '0' && controllers === '') return [{ version: 2, path }];
    return controllers.split(',').includes('cpu') ? [{ version: 1, path }] : [];
  });
  return groups.find(({ version }) => version === 1) ?? groups[0];
}

/** Each line is `number parent device root folder options tags - type source options`, by proc_pid_mountinfo(5). */
function mountsOf(lines: readonly string[], version: Version): Mount[] {
  return lines.flatMap((line): Mount[] => {
    const [mount = '', filesystem = ''] = line.split(' - ');
    const [type, , options = ''] = filesystem.split(' ');
    const isWanted = version === 2 ? type === 'cgroup2' : type === 'cgroup' && options.split(',').includes('cpu');
    const [, , , rootGroup, folder] = isWanted ? mount.split(' ').map(unescaped) : [];
    return rootGroup === undefined || folder === undefined ? [] : [{ rootGroup, folder }];
  });
}

/** A blank is `\040` in mountinfo. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}

/** The folders of the group and of its parents. None for a group outside of the mount. */
function foldersOf(group: string, { rootGroup, folder }: Mount): string[] {
  const base = rootGroup === '/' ? '' : rootGroup;
  if (!`${group}/`.startsWith(`${base}/`)) return [];
  const names = group
    .slice(base.length)
    .split('/')
    .filter((name) => name !== '');
  if (names.includes('..')) return [];
  return [folder, ...names.map((_, index) => [folder, ...names.slice(0, index + 1)].join('/'))];
}

function quotaOf(folder: string, version: Version): number {
  const [quota, period] =
    version === 2
      ? (linesOf(`${folder}/cpu.max`)[0]?.split(' ') ?? [])
      : ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) => linesOf(`${folder}/${name}`)[0]);
  // NaN and 0 are no quota.
  return microseconds(quota) / microseconds(period) || Infinity;
}

/** NaN for `max`, for -1, and for anything else that is not a time. */
function microseconds(text: string | undefined): number {
  return /^\d+$/.test(text ?? '') ? Number(text) : NaN;
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
