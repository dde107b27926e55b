// Reads GET /metrics: the value of each series, by its line without the value.
export type Scrape = ReadonlyMap<string, number>;

export async function scrape(url: string): Promise<Scrape> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

/** The series of a metric, without those that are 0. */
export function seriesOf(scraped: Scrape, name: string): Record<string, number> {
  const found = [...scraped].filter(
    ([series, value]) => value !== 0 && (series === name || series.startsWith(`${name}{`)),
  );
  return Object.fromEntries(found.map(([series, value]) => [series.slice(name.length), value]));
}
