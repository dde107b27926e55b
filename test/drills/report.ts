// The report of a drill: log lines, metrics and answers in text.
import { failuresAmong, type Load, type LoadAnswer } from '../support/load.ts';
import type { Scrape } from '../support/metrics.ts';
import { percentile } from '../support/percentile.ts';
import type { LogLine, Program } from '../support/program.ts';
import type { Phases } from './course.ts';

const LEVELS: Readonly<Record<number, string>> = { 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const LEFT_OUT = new Set(['request completed']);
const HIDDEN_FIELDS = new Set(['level', 'time', 'msg', 'pid', 'hostname']);
/** A metric that an outage moves changes so many times as fast as before. */
const FASTER = 3;
const MAX_FIELDS_LENGTH = 110;
/** Durations, the process, and the amount of traffic. */
const LEFT_OUT_METRICS = /_bucket\b|_sum\b|^process_|^nodejs_|_seconds_total|_(time|bytes|sessions|streams|rate)\w*\b/;

/** The lines since the first request, with the time since the begin of the outage. Those with the same message are one. */
export function logLines(programs: ReadonlyMap<string, readonly Program[]>, { startMs, outageMs }: Phases): string[] {
  const groups = new Map<string, { atMs: number; text: string; times: number }>();
  for (const [name, runs] of programs) {
    for (const line of runs.flatMap(({ lines }) => lines)) {
      const atMs = Date.parse(String(line['time'])) - performance.timeOrigin;
      if (atMs < startMs || LEFT_OUT.has(line.msg) || LEVELS[line.level] === undefined) continue;
      const key = `${name} ${line.level} ${line.msg}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { atMs, text: textOf(name, line), times: 1 });
      else group.times += 1;
    }
  }
  const sorted = [...groups.values()].toSorted((one, other) => one.atMs - other.atMs);
  if (sorted.length === 0) return ['  nothing'];
  return sorted.map(({ atMs, text, times }) => {
    const seconds = (atMs - outageMs) / 1_000;
    const at = `${seconds < 0 ? '' : '+'}${seconds.toFixed(1)} s`.padStart(8);
    return `${at}  ${text}${times > 1 ? ` (${times} times)` : ''}`;
  });
}

function textOf(name: string, line: LogLine): string {
  const fields = Object.fromEntries(Object.entries(line).filter(([field]) => !HIDDEN_FIELDS.has(field)));
  const json = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
  const short = json.length > MAX_FIELDS_LENGTH ? `${json.slice(0, MAX_FIELDS_LENGTH)}…` : json;
  return `${name === '' ? '' : `${name} `}${(LEVELS[line.level] ?? '').padEnd(5)} ${line.msg}${short}`;
}

/**
 * The series that change faster in the outage than in the calm, and those that stop.
 * @param scrapes at the begin and the end of the calm, at the end of the outage, and after the recovery
 */
export function metricsTable(scrapes: readonly Scrape[], { calmMs, outageMs, endMs }: Phases): string[] {
  const slower = (endMs - outageMs) / (outageMs - calmMs);
  const rows: string[][] = [];
  const names = new Set(scrapes.flatMap((scraped) => [...scraped.keys()]));
  for (const name of [...names].filter((each) => !LEFT_OUT_METRICS.test(each)).toSorted()) {
    const values = scrapes.map((scraped) => scraped.get(name) ?? 0);
    const [atCalm = 0, atBegin = 0, atEnd = 0] = values;
    const [calm, outage] = [Math.abs(atBegin - atCalm) * slower, Math.abs(atEnd - atBegin)];
    const stops = calm > 0 && outage === 0;
    if (stops || outage > FASTER * calm) rows.push([name, ...values.slice(1).map(String), stops ? 'stands still' : '']);
  }
  return rows.length === 0 ? ['  none'] : table([['', 'before', 'at its end', 'after', ''], ...rows]);
}

export function clientsTable(load: Load, { calmMs, outageMs, endMs }: Phases): string[] {
  const phases: readonly (readonly [string, readonly LoadAnswer[]])[] = [
    ['before', load.sentBetween(calmMs, outageMs)],
    ['outage', load.sentBetween(outageMs, endMs)],
    ['after', load.sentBetween(endMs)],
  ];
  return table([
    ['', 'answers', 'hits', 'p50', 'p99', 'slowest'],
    ...phases.map(([phase, answers]) => clientsRow(phase, answers)),
  ]);
}

function clientsRow(phase: string, answers: readonly LoadAnswer[]): string[] {
  const wrong = new Set(failuresAmong(answers));
  const outcomes = answers.map((answer) => {
    if (answer.status === 0) return answer.body;
    return wrong.has(answer) && answer.status === 200 ? 'wrong result' : String(answer.status);
  });
  const counts = [...new Set(outcomes)].map((each) => `${each}: ${outcomes.filter((one) => one === each).length}`);
  const latencies = answers.map(({ latencyMs }) => latencyMs);
  const hits = answers.filter(({ isHit }) => isHit).length;
  return [
    phase,
    counts.join(', ') || 'none',
    `${Math.round((100 * hits) / Math.max(1, answers.length))} %`,
    ...[50, 99, 100].map((percent) => `${percentile(latencies, percent).toFixed(1)} ms`),
  ];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
