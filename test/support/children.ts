// The child processes of a process.
import { spawnSync } from 'node:child_process';

export function childrenOf(pid: number): number[] {
  return linesOf('pgrep', ['-P', String(pid)]).map(Number);
}

/** Whether the process runs. A zombie has ended. */
export function isRunning(pid: number): boolean {
  const [state] = linesOf('ps', ['-o', 'stat=', '-p', String(pid)]);
  return state !== undefined && !state.startsWith('Z');
}

function linesOf(command: string, args: readonly string[]): string[] {
  const { stdout, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) throw error;
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
