/** Looking at damaged and hostile files: each damage is named or does no harm, and nothing crashes or hangs. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import { filesOf, inspectFile } from '../../../src/storage/inspect/directory.ts';
import { startProblem } from '../../../src/storage/inspect/start-problem.ts';

const corpus = join(import.meta.dirname, '../../golden/directories');
const RELEASES = ['0.1-journal', '0.2-segments'] as const;
type Release = (typeof RELEASES)[number];
const root = mkdtempSync(join(tmpdir(), 'walka-inspect-test-'));
after(() => rmSync(root, { recursive: true, force: true }));
let next = 1;

/** A directory of its own to damage. */
function copyOf(kind: 'stopped' | 'killed', release: Release = '0.1-journal'): string {
  const directory = join(root, String(next++));
  cpSync(join(corpus, release, kind), directory, { recursive: true });
  return directory;
}

/** What an inspection of a file finds: its damage, and its entries as text. */
async function look(path: string) {
  const entries: string[] = [];
  const report = await inspectFile(path, async (found) => {
    for (const { payload, path: _path, ...entry } of found)
      entries.push(JSON.stringify(entry) + payload.toString('hex'));
  });
  const isUnsealed = report?.facts['state'] === 'unsealed';
  return { damage: report?.damage ?? [], entries: entries.join('\n'), isUnsealed };
}

for (const [release, kind] of RELEASES.flatMap((one) => [[one, 'stopped'] as const, [one, 'killed'] as const])) {
  test(`a sound directory has no damage, and a start takes it (${release}, ${kind})`, async () => {
    const directory = copyOf(kind, release);
    const sizes = (): string[] =>
      readdirSync(directory, { recursive: true }).map(
        (name) => `${name}: ${statSync(join(directory, String(name))).size}`,
      );
    const before = sizes();
    let entries = 0;
    for (const path of await filesOf(directory)) {
      const report = await inspectFile(path, async (found) => void (entries += found.length));
      assert.deepEqual(report?.damage, [], path);
      assert.notEqual(report?.kind, 'unknown');
    }
    assert.ok(entries > 100, `${entries} entries`);
    assert.equal(await startProblem(directory), null);
    assert.deepEqual(sizes(), before, 'nothing was changed');
  });
}

test('a segment that the catalog has and that is missing is named', async () => {
  const directory = copyOf('stopped', '0.2-segments');
  const path = (await filesOf(directory)).find((one) => one.endsWith('.seg')) as string;
  rmSync(path);
  const damage = (await look(join(directory, 'catalog.db'))).damage;
  assert.deepEqual(
    damage.map((one) => one.path),
    [path],
  );
  assert.match(damage[0]?.what ?? '', /missing/);
});

for (const release of RELEASES)
  test(`a changed byte is damage with its place, or nothing depends on it (${release})`, async () => {
    const random = seededRandom(5);
    const paths = await filesOf(copyOf('killed', release));
    let found = 0;
    for (let i = 0; i < 150; i++) {
      const path = paths[random.int(paths.length)] as string;
      if (path.endsWith('.db')) continue;
      const sound = readFileSync(path);
      const whole = await look(path);
      const bytes = Buffer.from(sound);
      const at = random.int(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.int(8));
      writeFileSync(path, bytes);
      const { damage, entries } = await look(path);
      if (damage.length === 0 && entries !== whole.entries) {
        // The last entry of a file without a seal may be one that was never finished.
        assert.ok(whole.entries.startsWith(entries) && whole.isUnsealed, `${path} at ${at}`);
      }
      if (damage.length > 0) {
        found += 1;
        assert.ok(
          damage.every(({ position }) => position <= at),
          `${path} at ${at}`,
        );
      }
      writeFileSync(path, sound);
    }
    assert.ok(found > 100, `${found} were found`);
  });

for (const release of RELEASES)
  test(`garbage, cuts and lengths that make no sense neither crash nor hang an inspection (${release})`, async () => {
    const random = seededRandom(6);
    const directory = copyOf('killed', release);
    const paths = await filesOf(directory);
    const names = [
      ...paths,
      join(directory, 'journal/00000000000000000099.wal'),
      join(directory, '00000000000000000001-000000.seg'),
    ];
    for (let i = 0; i < 120; i++) {
      const path = names[random.int(names.length)] as string;
      const sound = paths.includes(path) ? readFileSync(path) : null;
      const bytes = Buffer.from(sound ?? readFileSync(paths[3] as string));
      const from = random.int(bytes.length);
      const way = random.int(4);
      if (way === 0) bytes.fill(random.int(256), from);
      else if (way === 1) random.bytes(bytes.length - from).copy(bytes, from);
      else if (way === 2) bytes.writeUInt32LE(random.int(2 ** 31), Math.max(0, Math.min(from, bytes.length - 4)));
      writeFileSync(path, way === 3 ? bytes.subarray(0, from) : bytes);
      await look(path);
      if (sound === null) rmSync(path);
      else writeFileSync(path, sound);
    }
  });
