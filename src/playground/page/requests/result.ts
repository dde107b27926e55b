// The result of the last request of this page.
import type { BurstResult } from '../../page-facts.js';
import { html } from '../dom.js';
import { formatCount, formatDuration, formatPlural } from '../format.js';
import { type SignName, signIcon } from '../outcomes.js';
import type { Answered, BurstAnswered, Unanswered } from './requests.js';
import { outcomeOfStatus } from './status-outcome.js';

const HOW = {
  cache: ['hit', 'from the cache'],
  computed: ['computed', 'computed'],
  joined: ['joined', 'joined a running computation'],
} as const satisfies Record<string, readonly [SignName, string]>;

/** Shows question, value, and how it was answered. */
export function showResult(output: HTMLElement, outcome: Answered | BurstAnswered | Unanswered): void {
  output.dataset['outcome'] = outcome.kind === 'answered' ? outcome.how : outcome.kind;
  output.replaceChildren(...partsOf(outcome));
}

function partsOf(outcome: Answered | BurstAnswered | Unanswered): Node[] {
  if (outcome.kind === 'answered') return partsOfAnswer(outcome);
  return outcome.kind === 'burst' ? partsOfBurst(outcome) : partsOfNone(outcome);
}

function partsOfAnswer({ n, result, how, durationMs, status }: Answered): Node[] {
  const [sign, text] = HOW[how];
  return [
    question(`fib(${n}) =`),
    html('strong', { 'data-result': result }, formatCount(result)),
    note(sign, `${text} · ${formatDuration(durationMs)} · status ${status}`),
  ];
}

function partsOfBurst({ burst }: BurstAnswered): Node[] {
  const { n, count, hits, computed, joined, refused, timedOut, durationMs } = burst;
  const counts: readonly (readonly [number, string])[] = [
    [hits, 'from the cache'],
    [computed, 'computed'],
    [joined, 'joined'],
    [refused, 'refused'],
    [timedOut, 'timed out'],
  ];
  const parts = counts.filter(([number]) => number > 0).map(([number, text]) => `${formatCount(number)} ${text}`);
  return [
    question(`fib(${n})`),
    html('strong', {}, `${formatPlural(count, 'request')} in ${formatDuration(durationMs)}`),
    note(burstSign(burst), parts.join(' · ')),
  ];
}

function partsOfNone({ kind, n, status, detail }: Unanswered): Node[] {
  const isCancelled = kind === 'cancelled';
  return [
    question(`fib(${n})`),
    html('strong', {}, isCancelled ? 'cancelled' : 'no result'),
    note(isCancelled ? 'cancelled' : outcomeOfStatus(status), status === 0 ? detail : `${detail} · status ${status}`),
  ];
}

/** The sign of the worst outcome in a burst. */
function burstSign({ refused, timedOut, joined, computed }: BurstResult): SignName {
  if (timedOut > 0) return 'timed-out';
  if (refused > 0) return 'refused';
  if (joined > 0) return 'joined';
  return computed > 0 ? 'computed' : 'hit';
}

function question(text: string): HTMLElement {
  return html('span', { class: 'question-text' }, text);
}

function note(sign: SignName, text: string): HTMLElement {
  return html('span', { class: 'note' }, signIcon(sign), text);
}
