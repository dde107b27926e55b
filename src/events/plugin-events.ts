// The events of plugins and their circuit breakers as messages.
import { PLUGIN_CHANNELS, type PluginBreakerMessage, type PluginLifecycleMessage } from '@pluggable/host';
import { map, merge, type Observable } from 'rxjs';
import { messagesOf } from './channel-messages.js';
import type { PluginEventMessage } from './live-message.js';

export function pluginEvents(): Observable<PluginEventMessage> {
  return merge(
    messagesOf<PluginLifecycleMessage>(PLUGIN_CHANNELS.lifecycle).pipe(
      map(({ contract, plugin, version, event, code }) => ({
        nowMs: Date.now(),
        // The name of a plugin that did not start can be that of any file.
        plugin: event === 'start-failed' ? contract : plugin,
        version,
        event,
        ...optionalCode(code),
      })),
    ),
    messagesOf<PluginBreakerMessage>(PLUGIN_CHANNELS.breaker).pipe(
      map(({ plugin, version, method, state, code }) => ({
        nowMs: Date.now(),
        plugin,
        version,
        event: `breaker-${state}` as const,
        method,
        ...optionalCode(code),
      })),
    ),
  );
}

function optionalCode(code: string | undefined): { readonly code?: string } {
  return code === undefined ? {} : { code };
}
