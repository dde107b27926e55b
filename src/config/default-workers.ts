// The default number of worker threads that compute.

/**
 * One core is left for requests; two workers let a short computation run beside a long one. Never more than the whole CPUs
 * of the quota, but at least one: threads that use up the quota stop all threads of the process until the next period
 * (https://docs.kernel.org/scheduler/sched-bwc.html), also the one that answers requests.
 *
 * @param cores the cores that this process may use
 * @param quota in CPUs; Infinity for none
 */
export function defaultWorkers(cores: number, quota: number): number {
  return Math.min(Math.max(2, cores - 1), Math.max(1, Math.floor(quota)));
}
