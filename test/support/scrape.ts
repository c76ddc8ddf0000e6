/** /metrics as a program reads it. */
export interface Scrape {
  readonly text: string;
  /** By name and labels as they are written: `walka_errors_total{api="Fetch",error="CORRUPT_MESSAGE"}`. */
  readonly values: ReadonlyMap<string, number>;
  /** Types by the name of the family. */
  readonly types: ReadonlyMap<string, string>;
  /** Labels that each name has somewhere. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
}

export async function scrape(port: number, accept = 'text/plain'): Promise<Scrape> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } });
  if (!response.ok) throw new Error(`/metrics answers ${response.status}`);
  return parse(await response.text());
}

function parse(text: string): Scrape {
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  const labels = new Map<string, Set<string>>();
  for (const line of text.trimEnd().split('\n')) {
    const [, family = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (family !== '') types.set(family, type);
    if (line.startsWith('#')) continue;
    const [, series = '', name = '', inBraces = '', value = ''] = /^(([\w:]+)(?:\{(.*)\})?) (\S+)$/.exec(line) ?? [];
    if (series === '' || values.has(series)) throw new Error(`An unreadable or repeated line: ${line}`);
    values.set(series, Number(value.replace('Inf', 'Infinity')));
    const known = labels.get(name) ?? new Set();
    for (const [, label = ''] of inBraces.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label);
    labels.set(name, known);
  }
  return { text, values, types, labels };
}
