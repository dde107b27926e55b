// The state of the live events as a text.
import { setText } from './dom.js';
import type { ConnectionState } from './live-events.js';

const TEXTS: Readonly<Record<ConnectionState, string>> = {
  connecting: 'connecting',
  connected: 'connected',
  reconnecting: 'reconnecting',
  paused: 'paused, because this page was hidden; it connects when it is shown',
  ended: 'the service has ended or restarts; the page reconnects by itself',
  'too-many-viewers': 'too many viewers; only requests of this page are shown; the page tries again',
  off: 'live events are off; only requests of this page are shown',
};

/** Shows the state by its text and, in `data-state`, its sign. */
export function showConnection(element: HTMLElement, state: ConnectionState): void {
  element.dataset['state'] = state;
  setText(element, TEXTS[state]);
}
