// Metrics in arrays, in the text format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/

/** Most series of one metric. Further label values are counted together, with the value `other` for each label. */
const MAX_SERIES = 1_000;

/** Name, description and labels of a metric. */
export interface MetricOptions {
  /** Name with its unit, such as `http_server_request_duration_seconds`; a counter ends in `_total`. */
  readonly name: string;
  /** One sentence for the operator. */
  readonly help: string;
  /** Names of the labels. @default none */
  readonly labels?: readonly string[] | undefined;
}

/** Options of a histogram. */
export interface HistogramOptions extends MetricOptions {
  /** Upper bounds of the buckets, ascending, without infinity, in the unit of the name. */
  readonly buckets: readonly number[];
}

/** A value that only increases. */
export class Counter {
  /** Current value. */
  value = 0;

  /** @param amount not negative. @default 1 */
  add(amount = 1): void {
    this.value += amount;
  }
}

/** A distribution of values in buckets. */
export class Histogram {
  private readonly counts: Float64Array;
  private sum = 0;

  /** @param bounds ascending upper bounds */
  constructor(private readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Counts a value. @param value in the unit of the metric */
  observe(value: number): void {
    const { bounds, counts } = this;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index++;
    counts[index] = (counts[index] as number) + 1;
    this.sum += value;
  }

  /** @internal The cumulative count of each bucket, the last one without a bound, and the sum of all values. */
  read(): { readonly buckets: readonly (readonly [bound: number, count: number])[]; readonly sum: number } {
    let count = 0;
    const buckets = [...this.bounds, Infinity].map(
      (bound, index) => [bound, (count += this.counts[index] ?? 0)] as const,
    );
    return { buckets, sum: this.sum };
  }
}

/** The series of one metric, by their label values. */
export class Series<Kind> {
  private readonly children = new Map<string, { readonly values: readonly string[]; readonly child: Kind }>();

  /** @internal */
  constructor(
    private readonly labels: readonly string[],
    private readonly create: () => Kind,
  ) {}

  /** Returns the series with these label values. Keep it, if it is used often. @param values in the order of the labels */
  of(...values: readonly string[]): Kind {
    const key = values.join('\u0000');
    const known = this.children.get(key);
    if (known !== undefined) return known.child;
    if (this.children.size >= MAX_SERIES) return this.others();
    return this.add(key, values);
  }

  /** @internal */
  entries(): readonly { readonly values: readonly string[]; readonly child: Kind }[] {
    return [...this.children.values()];
  }

  private others(): Kind {
    const values = this.labels.map(() => 'other');
    const key = values.join('\u0000');
    return this.children.get(key)?.child ?? this.add(key, values);
  }

  private add(key: string, values: readonly string[]): Kind {
    const child = this.create();
    this.children.set(key, { values, child });
    return child;
  }
}

/** One current value and its label values. */
export type Sample = readonly [value: number, ...labels: readonly string[]];

/** All metrics of an application. */
export class MetricsRegistry {
  private readonly writers: (() => string)[] = [];
  private readonly names = new Set<string>();

  /** Adds a counter. @throws TypeError for a name that exists */
  counter(options: MetricOptions): Series<Counter> {
    const series = new Series(options.labels ?? [], () => new Counter());
    this.add(options, 'counter', () =>
      series.entries().map(({ values, child }) => line(options.name, options.labels, values, child.value)),
    );
    return series;
  }

  /** Adds a histogram. @throws TypeError for a name that exists */
  histogram(options: HistogramOptions): Series<Histogram> {
    const { name, labels = [], buckets: bounds } = options;
    const series = new Series(labels, () => new Histogram(bounds));
    this.add(options, 'histogram', () =>
      series.entries().flatMap(({ values, child }) => {
        const { buckets, sum } = child.read();
        const count = buckets.at(-1)?.[1] ?? 0;
        return [
          ...buckets.map(([bound, below]) =>
            line(`${name}_bucket`, [...labels, 'le'], [...values, bound === Infinity ? '+Inf' : String(bound)], below),
          ),
          line(`${name}_sum`, labels, values, sum),
          line(`${name}_count`, labels, values, count),
        ];
      }),
    );
    return series;
  }

  /**
   * Adds a metric whose values are read at each scrape.
   * @param read returns one sample for each series
   * @throws TypeError for a name that exists
   */
  observe(type: 'counter' | 'gauge', options: MetricOptions, read: () => readonly Sample[]): void {
    this.add(options, type, () =>
      read().map(([value, ...values]) => line(options.name, options.labels, values, value)),
    );
  }

  /** All metrics in the text format, version 0.0.4. */
  text(): string {
    return this.writers.map((write) => write()).join('');
  }

  private add({ name, help }: MetricOptions, type: string, lines: () => readonly string[]): void {
    if (this.names.has(name)) throw new TypeError(`the metric ${name} exists already`);
    this.names.add(name);
    const head = `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
    this.writers.push(() => head + lines().join(''));
  }
}

function line(name: string, labels: readonly string[] = [], values: readonly string[], value: number): string {
  const pairs = labels.map((label, index) => `${label}="${escaped(values[index] ?? '')}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${written(value)}\n`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function written(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
