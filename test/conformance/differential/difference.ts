/** Says where two normalised answers differ, one line a place. */

/** Elements of a list are told apart by the first of these that they have. */
const KEYS = [
  'name',
  'topic',
  'topicName',
  'groupId',
  'resourceName',
  'apiKey',
  'partitionIndex',
  'partition',
  'index',
  'baseOffset',
  'memberId',
];

function keyOf(value: unknown, at: number): string {
  if (value !== null && typeof value === 'object') {
    for (const key of KEYS) {
      const found = (value as Record<string, unknown>)[key];
      if (found !== undefined) return `${key}=${String(found)}`;
    }
  }
  return String(at);
}

function entriesOf(value: object): Map<string, unknown> {
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const entries = new Map<string, unknown>();
  value.forEach((item, at) => {
    const key = `[${keyOf(item, at)}]`;
    entries.set(entries.has(key) ? `${key}#${at}` : key, item);
  });
  return entries;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** The differing places, each as `path: Walka ours, Kafka theirs`; empty if the two are equal. */
export function differences(ours: unknown, theirs: unknown, path = ''): string[] {
  if (Object.is(ours, theirs)) return [];
  const bothObjects = ours !== null && theirs !== null && typeof ours === 'object' && typeof theirs === 'object';
  if (!bothObjects || Array.isArray(ours) !== Array.isArray(theirs))
    return [`${path}: Walka ${show(ours)}, Kafka ${show(theirs)}`];
  const [left, right] = [entriesOf(ours), entriesOf(theirs)];
  const separator = Array.isArray(ours) || path === '' ? '' : '.';
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    differences(left.get(key), right.get(key), `${path}${separator}${key}`),
  );
}
