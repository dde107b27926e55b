// The swap of the cache plugin by the admin route.
import { errorText, problemText } from '../requests/answer.js';
import { find, setText } from '../dom.js';
import { formatDuration } from '../format.js';
import { KeepAsking } from './keep-asking.js';

/** Requests go on for this time after a swap, in milliseconds. */
const AFTER_MS = 1_000;

/** A swap without an answer for this time is given up, in milliseconds: several times the default of CACHE_PLUGIN_START_TIMEOUT. */
const ANSWER_MS = 120_000;

/** Connects the form. The token stays in its field. */
export function connectSwap(ids: { next(): string }): void {
  const card = find('swap-card', HTMLElement);
  const button = find('swap-button', HTMLButtonElement);
  card.hidden = false;
  find('swap', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    void swapWhileAsking(ids).finally(() => {
      button.ariaDisabled = 'false';
    });
  });
}

async function swapWhileAsking(ids: { next(): string }): Promise<void> {
  const count = find('swap-count', HTMLElement);
  const asking = new KeepAsking(ids, (asked, failed) =>
    setText(count, `requests while swapping: ${asked}, failed: ${failed}`),
  );
  const isAsking = find('swap-ask', HTMLInputElement).checked;
  count.hidden = !isAsking;
  if (isAsking) await asking.start();
  await swap(find('swap-result', HTMLOutputElement));
  if (isAsking) await asking.stopAfter(AFTER_MS);
}

async function swap(output: HTMLElement): Promise<void> {
  const path = find('swap-path', HTMLInputElement).value.trim();
  const isolation = find('swap-isolation', HTMLSelectElement).value;
  const token = find('swap-token', HTMLInputElement).value;
  const startedMs = performance.now();
  output.dataset['outcome'] = 'running';
  output.textContent = 'the new plugin starts';
  try {
    const response = await fetch('admin/plugins/cache', {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ path, ...(isolation !== '' && { isolation }) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const duration = formatDuration(performance.now() - startedMs);
    output.dataset['outcome'] = response.ok ? 'swapped' : 'refused';
    output.textContent = response.ok
      ? `swapped in ${duration}: the new plugin serves until the restart`
      : `not swapped, status ${response.status}: ${await problemText(response)}`;
  } catch (error) {
    output.dataset['outcome'] = 'failed';
    // A header cannot hold every character.
    const isInvalid = error instanceof TypeError && /header/i.test(error.message);
    output.textContent = isInvalid ? 'the token has a character that no token has' : errorText(error);
  }
}
