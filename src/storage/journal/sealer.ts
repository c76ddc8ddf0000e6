/** Seals the file being written, with a checkpoint of all streams where it saves a start more than it costs. */
import type { FileContext } from '../context.ts';
import { checkpointBytes, checkpointHeadBytes, encodeCheckpoint } from '../index/checkpoint.ts';
import { sealBytes, sealFile } from './seal.ts';
import type { Syncer } from './sync.ts';
import type { WritableFile } from './writable-file.ts';

/** A checkpoint may take this share of the journal written since the last one; else the seal goes without. */
const CHECKPOINT_SHARE = 8;
/** What a checkpoint costs whatever is in it. */
const CHECKPOINT_COST_BYTES = 512;
/** What a stream takes in a checkpoint, before there was one. */
const FIRST_BYTES_PER_STREAM = 16;

export class Sealer {
  readonly #context: FileContext;
  readonly #syncer: Syncer;
  #bytesSinceCheckpoint = 0;
  /** In the last checkpoint. */
  #bytesPerStream = FIRST_BYTES_PER_STREAM;
  #mustCheckpoint = false;
  /** The newest file whose seal holds a checkpoint; 0 before the first. */
  checkpointSequence: number;

  constructor(context: FileContext, syncer: Syncer, checkpointSequence: number) {
    this.#context = context;
    this.#syncer = syncer;
    this.checkpointSequence = checkpointSequence;
  }

  /** The next seal holds a checkpoint whatever it costs. */
  wantCheckpoint(): void {
    this.#mustCheckpoint = true;
  }

  /** Bytes that a seal of the active file with a checkpoint, and the file behind it, would take now. */
  sealBytes({ file, index }: WritableFile): number {
    const { directory, table } = this.#context;
    return sealBytes(index, checkpointBytes(directory, table.list.length, file.sequence));
  }

  /** True when the newest checkpoint is known to be on the device, and what is written from now on says so. */
  get isCheckpointSynced(): boolean {
    const { syncedSequence, syncedPosition } = this.#syncer;
    if (this.checkpointSequence === 0 || syncedSequence < this.checkpointSequence) return false;
    if (syncedSequence > this.checkpointSequence) return true;
    return syncedPosition === this.#context.table.get(syncedSequence)?.written;
  }

  /** Seals a file. When it fails, the file is as it was, but for bytes behind its end. */
  async seal(active: WritableFile): Promise<void> {
    const { table, directory, staging, stats } = this.#context;
    const { file } = active;
    const bytesSinceCheckpoint = this.#bytesSinceCheckpoint + file.written;
    const older = table.list.filter((other) => other !== file);
    const headBytes = CHECKPOINT_COST_BYTES + checkpointHeadBytes(older.length);
    const costBytes = headBytes + directory.size * this.#bytesPerStream;
    const pays = costBytes * CHECKPOINT_SHARE <= bytesSinceCheckpoint;
    const mustHave = this.#mustCheckpoint || this.checkpointSequence === 0;
    const parts = pays || mustHave ? await encodeCheckpoint(directory, older) : [];
    const { seal, index, end } = await sealFile(
      active,
      parts,
      this.#syncer.headerContext(active, this.#context.clock.now()),
      staging,
    );
    file.written = active.claimed = end;
    file.seal = seal;
    stats.filesSealed += 1;
    table.indexes.keep(file, index);
    this.#syncer.markDirty(active);
    this.#bytesSinceCheckpoint = bytesSinceCheckpoint;
    if (parts.length === 0) return;
    this.checkpointSequence = file.sequence;
    this.#bytesSinceCheckpoint = 0;
    const rowBytes = parts.reduce((sum, { length }) => sum + length, 0) - checkpointHeadBytes(older.length);
    this.#bytesPerStream = rowBytes / Math.max(1, directory.size);
    this.#mustCheckpoint = false;
  }
}
