/** What a log says of itself, and who gets to hear it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { EngineStats } from '../../src/storage/stats.ts';
import { Throughput } from '../../src/storage/wal-stats.ts';
import { WriteAheadLog, type WalStats } from '../../src/wal.ts';
import { StatsExporter } from '../../src/wal/export.ts';

async function appended(count: number): Promise<WriteAheadLog> {
  const wal = await WriteAheadLog.open();
  for (let i = 0; i < count; i++) await wal.stream(1).append(Buffer.from(`entry ${i}`));
  return wal;
}

test('counts are exact, and the parts of memory add up', async () => {
  await using wal = await appended(100);
  const stats = wal.stats();
  // One entry says that the stream exists.
  assert.equal(stats.entriesWritten, 101);
  assert.equal(stats.streams, 1);
  assert.equal(stats.liveBytes, 790);
  assert.ok(stats.bytesWritten > 101 * 56 + 790);
  const { total, ...parts } = stats.memoryUsage;
  assert.equal(
    total,
    Object.values(parts).reduce((sum, bytes) => sum + bytes, 0),
  );
  assert.ok(stats.writeLatency.count > 0);
  assert.ok(stats.writeLatency.p50Ms <= stats.writeLatency.p999Ms);
  assert.ok(stats.writeLatency.serialization.count > 0);
  assert.equal(stats.writeLatency.flush.count, 0, 'in memory nothing is flushed');
});

test('rates are those since it was asked before, over at least five seconds', () => {
  const stats = new EngineStats();
  const throughput = new Throughput(1000);
  stats.entriesWritten = 30;
  stats.bytesWritten = 3000;
  assert.deepEqual(throughput.since(4000, stats), { entriesPerSecond: 10, bytesPerSecond: 1000 });
  assert.deepEqual(throughput.since(4000, stats), { entriesPerSecond: 10, bytesPerSecond: 1000 }, 'asking is free');
  stats.entriesWritten = 130;
  assert.deepEqual(throughput.since(11_000, stats), { entriesPerSecond: 13, bytesPerSecond: 300 });
  assert.deepEqual(throughput.since(21_000, stats).entriesPerSecond, 0, 'nothing for ten seconds');
});

test('a registry of prom-client has the metrics until the export ends', async () => {
  await using wal = await appended(10);
  const registry = new Registry();
  const end = wal.exportStats({ prometheus: registry });
  const text = await registry.metrics();
  assert.match(text, /^wal_stats_entries_written_total 11$/m);
  assert.match(text, /^# TYPE wal_stats_write_latency_seconds summary$/m);
  for (const phase of ['append', 'serialization', 'compression', 'write', 'flush']) {
    assert.match(text, new RegExp(`^wal_stats_write_latency_seconds\\{phase="${phase}",quantile="0.99"\\} `, 'm'));
    assert.match(text, new RegExp(`^wal_stats_write_latency_seconds_count\\{phase="${phase}"\\} `, 'm'));
  }
  assert.match(text, /^wal_stats_memory_bytes\{part="total"\} \d+$/m);
  end();
  end();
  assert.equal((await registry.metrics()).trim(), '');
});

test("a collector of the user's own is called every interval, and its mistakes change nothing", () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  const thrown: unknown[] = [];
  const exporter = new StatsExporter(
    () => ({ entriesWritten: 7 }) as WalStats,
    clock,
    {
      intervalMs: 50,
      collector: ({ entriesWritten }) => {
        seen.push(entriesWritten);
        if (seen.length === 1) throw new Error('not ready');
      },
    },
    (error) => thrown.push(error),
  );
  clock.advance(149);
  assert.deepEqual(seen, [7, 7]);
  assert.equal(thrown.length, 1);
  exporter.end();
  clock.advance(1000);
  assert.equal(seen.length, 2);
});

test('exports that are none are refused by name, and closing the log ends those that are', async () => {
  const wal = await appended(1);
  assert.throws(() => wal.exportStats({ prometheus: {} as never }), /prometheus is a Registry/);
  assert.throws(() => wal.exportStats({ openTelemetry: {} as never }), /openTelemetry is a Meter/);
  assert.throws(() => wal.exportStats({ collector: 1 as never }), /collector is a function/);
  assert.throws(() => wal.exportStats({ intervalMs: 0 }), /intervalMs is a whole number from 1 on, not 0/);
  const registry = new Registry();
  wal.exportStats({ prometheus: registry });
  await wal.close();
  assert.equal((await registry.metrics()).trim(), '');
  assert.throws(() => wal.exportStats({}), { code: 'CLOSED' });
});
