// One card for each plugin of the application.
import type { LivePluginState } from '../../../events/live-message.js';
import { find, setText } from '../dom.js';
import type { LatencyWindow } from './latency-window.js';
import { PluginCard } from './plugin-card.js';

export class PluginCards {
  private readonly cards = new Map<string, PluginCard>();
  private readonly none = find('no-plugins', HTMLElement);

  constructor(
    private readonly place: HTMLElement,
    private readonly window: LatencyWindow,
  ) {}

  show(plugins: readonly LivePluginState[]): void {
    this.none.hidden = true;
    for (const plugin of plugins) this.cardOf(plugin.slot).show(plugin);
    for (const [slot, { element }] of this.cards) {
      if (plugins.some((plugin) => plugin.slot === slot)) continue;
      element.remove();
      this.cards.delete(slot);
    }
  }

  /** Without live events, the state of the plugins is unknown. */
  showOff(): void {
    this.show([]);
    this.none.hidden = false;
    setText(find('no-plugins-text', HTMLElement), 'Live events are off.');
  }

  private cardOf(slot: string): PluginCard {
    const known = this.cards.get(slot);
    if (known !== undefined) return known;
    const card = new PluginCard(slot, this.window);
    this.cards.set(slot, card);
    this.place.append(card.element);
    return card;
  }
}
