/** All measures by name, in the order in which they run. */
import type { Measure } from '../measure.ts';
import { batches } from './batches.ts';
import { compression } from './compression.ts';
import { flood } from './flood.ts';
import { fsync } from './fsync.ts';
import { lone } from './lone.ts';
import { memory } from './memory.ts';
import { read } from './read.ts';
import { recovery, recoveryWriter } from './recovery.ts';
import { streams } from './streams.ts';

export const MEASURES: Readonly<Record<string, Measure>> = {
  lone,
  flood,
  batches,
  compression,
  streams,
  fsync,
  recovery,
  memory,
  read,
  'recovery-writer': recoveryWriter,
};

/** Those that are measured for themselves. */
export const MEASURE_NAMES = Object.keys(MEASURES).filter((name) => name !== 'recovery-writer');
