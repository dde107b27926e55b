// The metrics of real plugins in a Nest application.
import { tmpdir } from 'node:os';
import { Test } from '@nestjs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fallback, GREETER, greeterFile, type Greeter } from '../../../../test/support/greeters.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import { getPluginRefToken, getPluginToken, PluginModule, type PluginRef, PluginRegistry } from '../index.js';
import { countPlugins, MetricsRegistry, observePlugins } from './index.js';

const { logger } = recordingLogger();

describe('The metrics of plugins', () => {
  it('count calls, failed starts and swaps, and show the states', async () => {
    const metrics = new MetricsRegistry();
    const counting = countPlugins(metrics);
    onTestFinished(() => counting[Symbol.dispose]());
    const app = await Test.createTestingModule({
      imports: [
        PluginModule.forPlugin(GREETER, { path: greeterFile('counted'), swapWithin: tmpdir(), logger }),
        PluginModule.forPlugin(GREETER, { name: 'eu', fallback, logger }),
        PluginModule.forPlugin(GREETER, { name: 'us', path: 'not-there.mjs', required: false, fallback, logger }),
      ],
    }).compile();
    observePlugins(metrics, app.get(PluginRegistry, { strict: false }));
    const plugin = app.get<Greeter>(getPluginToken(GREETER), { strict: false });
    for (let i = 0; i < 3; i++) await plugin.greet('Ada');
    await app.get<PluginRef>(getPluginRefToken(GREETER), { strict: false }).swap({ path: greeterFile('second') });
    await plugin.greet('Ada');

    const text = metrics.text();
    expect(text).toContain('pluggable_call_duration_seconds_count{plugin="counted",method="greet",outcome="answer"} 3');
    expect(text).toContain('pluggable_call_duration_seconds_count{plugin="second",method="greet",outcome="answer"} 1');
    expect(text).toContain('pluggable_plugin_swaps_total{plugin="second"} 1');
    expect(text).toContain('pluggable_plugin_swaps_total{plugin="counted"} 0');
    expect(text).toMatch(/pluggable_plugin_start_failures_total\{contract="greeter",code="PLUGIN_NOT_FOUND"\} [1-9]/);
    expect(text).toContain('pluggable_plugin_state{name="greeter",state="live"} 1');
    expect(text).toContain('pluggable_plugin_state{name="greeter/eu",state="none"} 1');
    expect(text).toContain('pluggable_plugin_state{name="greeter/us",state="failed"} 1');
    expect(text).toContain('pluggable_plugin_info{name="greeter",plugin="second",version="1",isolation="inline"} 1');
    expect(text).toContain('pluggable_breaker_open{name="greeter",method="greet"} 0');
    await app.close();
  });

  it('end when they are disposed of', async () => {
    const metrics = new MetricsRegistry();
    countPlugins(metrics)[Symbol.dispose]();
    const app = await Test.createTestingModule({
      imports: [PluginModule.forPlugin(GREETER, { path: greeterFile('uncounted'), logger })],
    }).compile();
    await app.get<Greeter>(getPluginToken(GREETER), { strict: false }).greet('Ada');
    expect(metrics.text()).not.toContain('uncounted');
    await app.close();
  });
});
