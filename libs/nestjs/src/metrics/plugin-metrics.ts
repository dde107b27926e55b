// The metrics of all plugins of an application, from the channels of the host and the registry.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  type CallOutcome,
  PLUGIN_CHANNELS,
  type PluginBreakerMessage,
  type PluginCallMessage,
  type PluginLifecycleMessage,
} from '@pluggable/host';
import type { PluginRefState } from '../registry/plugin-ref-status.js';
import type { PluginRegistry } from '../registry/plugin-registry.js';
import type { Histogram, MetricsRegistry, Series } from './metrics-registry.js';

/** Buckets for durations of calls, in seconds: from an inline call to a deadline. */
const CALL_BUCKETS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Every state, so that a state that ends is 0 and not absent. */
const STATES: Readonly<Record<PluginRefState, true>> = {
  unopened: true,
  none: true,
  failed: true,
  live: true,
  degraded: true,
  restarting: true,
  draining: true,
  closed: true,
};

/**
 * Adds the counters of all plugins in this thread, and counts from now on: calls, starts, restarts, swaps, circuit breakers. Call it
 * before plugins are opened, for example where the root module is defined.
 *
 * @param metrics where the metrics are added
 * @returns ends the counting when it is disposed of
 * @throws TypeError when the metrics exist already
 * @example
 * const metrics = new MetricsRegistry();
 * countPlugins(metrics);
 */
export function countPlugins(metrics: MetricsRegistry): Disposable {
  const subscriptions = [countCalls(metrics), countLives(metrics), countBreakers(metrics)];
  return {
    [Symbol.dispose]: () => {
      for (const [channel, listener] of subscriptions) unsubscribe(channel, listener);
    },
  };
}

type Subscription = readonly [channel: string, listener: (message: unknown) => void];

function listen(channel: string, listener: (message: unknown) => void): Subscription {
  subscribe(channel, listener);
  return [channel, listener];
}

function countCalls(metrics: MetricsRegistry): Subscription {
  const calls = metrics.histogram({
    name: 'pluggable_call_duration_seconds',
    help: 'Duration of plugin calls, including the checks of the host.',
    labels: ['plugin', 'method', 'outcome'],
    buckets: CALL_BUCKETS,
  });
  const histograms = new RecentHistograms(calls);
  return listen(PLUGIN_CHANNELS.call, (message) => {
    const { plugin, method, outcome, durationMs } = message as PluginCallMessage;
    histograms.of(plugin, method, outcome).observe(durationMs / 1_000);
  });
}

/** The histograms by label, without a new key for each call. */
class RecentHistograms {
  private readonly byPlugin = new Map<string, Map<string, Partial<Record<CallOutcome, Histogram>>>>();

  constructor(private readonly calls: Series<Histogram>) {}

  of(plugin: string, method: string, outcome: CallOutcome): Histogram {
    return this.byPlugin.get(plugin)?.get(method)?.[outcome] ?? this.add(plugin, method, outcome);
  }

  private add(plugin: string, method: string, outcome: CallOutcome): Histogram {
    const methods = this.byPlugin.get(plugin) ?? new Map<string, Partial<Record<CallOutcome, Histogram>>>();
    this.byPlugin.set(plugin, methods);
    const outcomes = methods.get(method) ?? {};
    methods.set(method, outcomes);
    return (outcomes[outcome] = this.calls.of(plugin, method, outcome));
  }
}

function countLives(metrics: MetricsRegistry): Subscription {
  const starts = metrics.counter({
    name: 'pluggable_plugin_start_failures_total',
    help: 'Failed starts of plugins, including those of swaps and retries.',
    labels: ['contract', 'code'],
  });
  const restarts = metrics.counter({
    name: 'pluggable_plugin_restarts_total',
    help: 'Restarts of isolated plugins after an unexpected end.',
    labels: ['plugin'],
  });
  const ends = metrics.counter({
    name: 'pluggable_plugin_ends_total',
    help: 'Unexpected ends of workers and processes of plugins.',
    labels: ['plugin', 'code'],
  });
  const swaps = metrics.counter({
    name: 'pluggable_plugin_swaps_total',
    help: 'Plugins that replaced another one, by the new plugin.',
    labels: ['plugin'],
  });
  return listen(PLUGIN_CHANNELS.lifecycle, (message) => {
    const { event, contract, plugin, code = 'none' } = message as PluginLifecycleMessage;
    switch (event) {
      case 'start-failed':
        return starts.of(contract, code).add();
      case 'restarted':
        return restarts.of(plugin).add();
      case 'ended':
        return ends.of(plugin, code).add();
      case 'swapped':
        return swaps.of(plugin).add();
      case 'opened':
        // 0 before the first event: a series that begins with 1 has no increase.
        restarts.of(plugin);
        return void swaps.of(plugin);
      case 'closed':
        return undefined;
      default:
        return event satisfies never;
    }
  });
}

function countBreakers(metrics: MetricsRegistry): Subscription {
  const changes = metrics.counter({
    name: 'pluggable_breaker_changes_total',
    help: 'Circuit breakers that opened or closed.',
    labels: ['plugin', 'method', 'state'],
  });
  return listen(PLUGIN_CHANNELS.breaker, (message) => {
    const { plugin, method, state } = message as PluginBreakerMessage;
    changes.of(plugin, method, state).add();
  });
}

/**
 * Adds the states of all plugins of an application, read at each scrape.
 *
 * @param metrics where the metrics are added
 * @param registry the plugins
 * @throws TypeError when the metrics exist already
 */
export function observePlugins(metrics: MetricsRegistry, registry: PluginRegistry): void {
  const statuses = () => registry.plugins.map((ref) => ref.status());
  metrics.observe(
    'gauge',
    {
      name: 'pluggable_plugin_state',
      help: 'State of each plugin: 1 for its current state, 0 for the others.',
      labels: ['name', 'state'],
    },
    () =>
      statuses().flatMap(({ name, state }) =>
        Object.keys(STATES).map((one) => [Number(one === state), name, one] as const),
      ),
  );
  metrics.observe(
    'gauge',
    {
      name: 'pluggable_plugin_info',
      help: 'The plugin behind each name; always 1.',
      labels: ['name', 'plugin', 'version', 'isolation'],
    },
    () =>
      statuses().flatMap(({ name, plugin }) =>
        plugin ? [[1, name, plugin.name, plugin.version ?? '', plugin.isolation] as const] : [],
      ),
  );
  metrics.observe(
    'gauge',
    {
      name: 'pluggable_breaker_open',
      help: 'Whether the circuit breaker of a method is open.',
      labels: ['name', 'method'],
    },
    () =>
      statuses().flatMap(({ name, plugin }) =>
        Object.keys(plugin?.calls ?? {})
          .filter((method) => method !== 'ping')
          .map((method) => [Number(plugin?.openBreakers.includes(method)), name, method] as const),
      ),
  );
}
