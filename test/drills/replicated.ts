// Scenes with three replicas and one Redis behind HAProxy.
import { Replicas } from '../support/replicas.ts';
import type { Acts, Scene } from './scene.ts';

const COUNT = 3;
/** Those of the replicas and of repeated requests. */
const METRICS =
  /^haproxy_(server_(status|check_failures_total)|backend_(active_servers|\w+_warnings_total|\w+_errors_total))\b/;

async function withReplicas(acts: (replicas: Replicas) => Omit<Acts, 'recovery' | 'isRecovered'>): Promise<Scene> {
  const replicas = await Replicas.start({ SHUTDOWN_DELAY: '3s' });
  const { haproxy } = replicas;
  return {
    recovery: 'all replicas are up',
    isRecovered: async () => (await haproxy.up()).length === COUNT,
    ...acts(replicas),
    url: haproxy.url,
    programs: () => new Map(replicas.runs.map(({ programs }, index) => [`replica-${index + 1}`, programs])),
    scrape: async () => new Map([...(await haproxy.scrape())].filter(([name]) => METRICS.test(name))),
    notes: () => ['Log of HAProxy:', ...noticesIn(haproxy.text).map((line) => `  ${line}`), ''],
    [Symbol.asyncDispose]: () => replicas[Symbol.asyncDispose](),
  };
}

/** HAProxy writes a change of a replica twice: as a warning, and into its log. */
function noticesIn(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('Server '));
}

export const replicaKilled = (): Promise<Scene> =>
  withReplicas((replicas) => ({
    begins: 'replica-1 is killed (SIGKILL)',
    begin: () => replicas.replica(0).signal('SIGKILL'),
    ends: 'replica-1 starts',
    end: () => replicas.startReplica(0),
  }));

export const replicaFrozen = (): Promise<Scene> =>
  withReplicas((replicas) => ({
    begins: 'replica-1 stops (SIGSTOP): it keeps its connections and answers nothing',
    begin: () => replicas.replica(0).signal('SIGSTOP'),
    ends: 'replica-1 goes on (SIGCONT)',
    end: () => replicas.replica(0).signal('SIGCONT'),
  }));

export const rollingRestart = (): Promise<Scene> =>
  withReplicas((replicas) => ({
    begins: 'the replicas restart one after the other (SIGTERM)',
    begin: () => replicas.restart(),
    ends: 'all have restarted',
    end: () => {},
  }));
