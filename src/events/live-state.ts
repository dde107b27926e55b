// The state of the service, without anything that a visitor must not see: no paths, no configuration, no messages of errors.
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CACHE, type FailOpenCache } from '@pluggable/cache';
import type { DrainingAdapter } from '@pluggable/http-server';
import { PluginRegistry, type PluginRefStatus } from '@pluggable/nestjs';
import packageJson from '../../package.json' with { type: 'json' };
import { FibonacciService } from '../fibonacci/fibonacci.service.js';
import type { LiveCalls, LivePluginState, StateMessage } from './live-message.js';

/** Long enough to be measured, short enough to be computed often. */
const ESTIMATE_N = 30;

@Injectable()
export class LiveState {
  constructor(
    private readonly plugins: PluginRegistry,
    @Inject(CACHE) private readonly cache: FailOpenCache,
    private readonly service: FibonacciService,
    private readonly host: HttpAdapterHost<DrainingAdapter>,
  ) {}

  /** @param viewers number of clients of the events */
  message(viewers: number, calls: readonly LiveCalls[]): StateMessage {
    const { workers, busy, queued } = this.service.load();
    return {
      nowMs: Date.now(),
      version: packageJson.version,
      nodeVersion: process.versions.node,
      estimate: { n: ESTIMATE_N, ms: this.service.estimateMs(ESTIMATE_N) },
      load: { workers, busy, queued, requests: this.host.httpAdapter.requestsInFlight, viewers },
      lookups: this.cache.counts.lookups,
      plugins: this.plugins.plugins.map((ref) => publicState(ref.status())),
      calls,
    };
  }
}

function publicState({ name: slot, state, plugin, failure, swaps }: PluginRefStatus): LivePluginState {
  return {
    slot,
    state,
    name: plugin?.name ?? null,
    version: plugin?.version ?? null,
    isolation: plugin?.isolation ?? null,
    methods: Object.keys(plugin?.calls ?? {}),
    openBreakers: plugin?.openBreakers ?? [],
    restarts: plugin?.restarts ?? 0,
    swaps,
    error: plugin?.error?.code ?? failure?.error.code ?? null,
  };
}
