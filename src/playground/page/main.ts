// The page of the playground: connects the live events and the requests of this page with what it shows.
import type { PluginEventMessage, RequestsMessage, StateMessage } from '../../events/live-message.js';
import { AskForm } from './requests/ask-form.js';
import { showConnection } from './connection.js';
import { Counters } from './counters.js';
import { find, html, setText } from './dom.js';
import { Estimate } from './requests/estimate.js';
import { readFacts } from './facts.js';
import { oncePerFrame } from './frames.js';
import { LatencyWindow } from './plugin/latency-window.js';
import { showLegend } from './timeline/legend.js';
import { type ConnectionState, LiveEvents } from './live-events.js';
import { OwnSteps } from './requests/own-steps.js';
import { PluginCards } from './plugin/plugin-cards.js';
import { Progress } from './requests/progress.js';
import { RequestIds } from './requests/request-ids.js';
import { RequestLog } from './requests/request-log.js';
import { RequestTable } from './requests/request-table.js';
import { Requests } from './requests/requests.js';
import { showResult } from './requests/result.js';
import { ServerClock } from './server-clock.js';
import { connectSwap } from './swap/swap.js';
import { Timeline } from './timeline/timeline.js';
import { TimelineModel } from './timeline/timeline-model.js';

const facts = readFacts(document.body);
const ids = new RequestIds();
const clock = new ServerClock(() => performance.timeOrigin + performance.now());
const estimate = new Estimate();
const log = new RequestLog(ids.isOwn);
const latencies = new LatencyWindow();
const timeline = new Timeline(find('timeline', HTMLElement), new TimelineModel(ids.isOwn), () => clock.nowMs());
const table = new RequestTable(find('requests', HTMLElement));
const counters = new Counters();
const cards = new PluginCards(find('plugins', HTMLElement), latencies);

let connection: ConnectionState = 'off';
let state: StateMessage | undefined;
let isPaused = false;

const ownSteps = new OwnSteps(
  () => clock.nowMs(),
  (message) => connection !== 'connected' && applyRequests(message),
);
const requests = new Requests(ids, {
  onStart: (request) => {
    ownSteps.start(request);
    showRunning();
  },
  onEnd: (request, outcome) => {
    ownSteps.end(request, outcome);
    if (outcome.kind === 'answered' && outcome.how === 'computed' && state === undefined) {
      estimate.learn(outcome.n, outcome.computeMs ?? 0);
      askForm.showExpected();
    }
    showResult(find('result', HTMLOutputElement), outcome);
    showRunning();
  },
});
const askForm = new AskForm(facts, requests, estimate);
const progress = new Progress(requests.running, estimate);

const showLog = oncePerFrame(() => {
  counters.showCounts(log.counts);
  if (!isPaused) table.show(log.entries);
});
const showState = oncePerFrame(() => {
  if (state === undefined) return;
  counters.showLookups(state.lookups);
  counters.showLoad(state.load);
  cards.show(state.plugins);
  askForm.showExpected();
  setText(find('versions', HTMLElement), `version ${state.version} · Node.js ${state.nodeVersion}`);
});

function showRunning(): void {
  askForm.showRunning();
  progress.changed();
}

function applyRequests(message: RequestsMessage): void {
  log.apply(message);
  timeline.model.applyRequests(message);
  timeline.changed();
  showLog();
}

function applyState(message: StateMessage): void {
  state = message;
  estimate.set(message.estimate);
  latencies.add(message.calls, message.nowMs);
  timeline.model.applyLoad(message.load, message.nowMs);
  timeline.changed();
  showState();
}

function applyPlugin(message: PluginEventMessage): void {
  timeline.model.applyPlugin(message);
  timeline.changed();
}

/** Takes the time of a message before the message. */
function timed<Message extends { readonly nowMs: number }>(
  apply: (message: Message) => void,
): (message: Message) => void {
  return (message) => {
    clock.observe(message.nowMs);
    apply(message);
  };
}

function applyConnection(changed: ConnectionState): void {
  if (connection === 'connected' && changed !== 'connected') timeline.model.lose(clock.nowMs());
  if (changed === 'connected') clock.reset();
  connection = changed;
  timeline.changed();
  counters.showService(changed !== 'off');
  if (changed === 'off') cards.showOff();
  document.body.dataset['connection'] = changed;
  showConnection(find('connection', HTMLElement), changed);
}

find('pause', HTMLButtonElement).addEventListener('click', ({ currentTarget }) => {
  isPaused = !isPaused;
  timeline.pause(isPaused);
  if (currentTarget instanceof HTMLElement) currentTarget.ariaPressed = String(isPaused);
  showLog();
});
find('links', HTMLElement).append(
  ...facts.links.map((path) => html('li', {}, html('a', { href: path.slice(1) }, path))),
);
showLegend(find('legend', HTMLElement));
if (facts.hasAdmin) connectSwap(ids);
if (facts.hasEvents) {
  const listener = {
    onConnection: applyConnection,
    onState: timed(applyState),
    onRequests: timed(applyRequests),
    onPlugin: timed(applyPlugin),
  };
  new LiveEvents(listener).start();
} else applyConnection('off');
showLog();
showRunning();
