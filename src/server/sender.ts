/**
 * Sends responses over one socket: in order, gathered into writes of about 1 MiB, with a bound on what the socket has
 * been given and not sent. Record bytes are loaded only when the socket can take them, so a slow reader costs its bound
 * and nothing more.
 */
import type { Socket } from 'node:net';
import { UNCOUNTED, type Part, type Slice } from '../base/counted.ts';
import { PartList } from '../base/part-list.ts';
import { isPromise } from '../base/realms.ts';
import type { SlabPool } from '../base/slabs.ts';
import { type Pressure, TURN_BYTES } from './pressure.ts';
import type { WireTap } from './wire-tap.ts';
import { WriteBatch } from './write-batch.ts';

/** Bytes gathered into one write. */
const WRITE_BYTES = 1024 * 1024;
/** The same for a connection that may hold little. */
const SMALL_WRITE_BYTES = 256 * 1024;
/**
 * Less than this of an answer waits for the part behind it that is being loaded: a fetch of many partitions would be a
 * write for each of them, and nobody can use a piece of it.
 */
const KEPT_BYTES = 64 * 1024;
/** Bytes sent per turn of the event loop before others get theirs. */
const SEND_TURN_BYTES = 2 * TURN_BYTES;

/** What the senders of a server share. */
export interface SenderContext {
  readonly pressure: Pressure;
  readonly pool: SlabPool;
}

/** The connection. */
export interface SenderOwner {
  readonly socket: Socket;
  /** Sees what is sent; null: nobody does. */
  readonly tap: WireTap | null;
  /** Called whenever the system has taken bytes. */
  onSent(): void;
  /** Called after something was sent, when there is room for more. */
  onRoom(): void;
  /** Part of a response cannot be had although its length is out: the connection must close. */
  fail(error: unknown, what: string): void;
}

const FAILURE = 'part of a response could not be read';

export class Sender {
  readonly #context: SenderContext;
  readonly #owner: SenderOwner;
  readonly #items: Array<Buffer | PartList> = [];
  /** How many of the items are left of each response, the first first. */
  readonly #itemsLeft: number[] = [];
  /** The beginning of a response, until a part of it is loaded. */
  #kept: WriteBatch | null = null;
  /** Memory lent to the socket, by write, oldest first. */
  readonly #writes: WriteBatch[] = [];
  /** A part's slices that are loaded and not written yet. */
  readonly #loaded: Slice[] = [];
  #unsentBytes = 0;
  #isLoading = false;
  #isDestroyed = false;
  #turn = -1;
  #turnBytes = 0;
  #waitsForTurn = false;

  constructor(context: SenderContext, owner: SenderOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** True while something handed over has not been given to the socket: no new work should be started. */
  get isBacklogged(): boolean {
    return this.#items.length > 0 || this.#loaded.length > 0 || this.#unsentBytes >= this.#context.pressure.unsentLimit;
  }

  /** True when everything has left. */
  get isEmpty(): boolean {
    return this.#items.length === 0 && this.#loaded.length === 0 && this.#unsentBytes === 0;
  }

  /** Queues the pieces of one response; `flush` sends them. Takes over the part lists. */
  push(items: readonly unknown[]): void {
    for (const item of items) this.#items.push(item as Buffer | PartList);
    if (items.length > 0) this.#itemsLeft.push(items.length);
  }

  /** Gives the socket what it may have now. */
  flush(): void {
    while (!this.#isLoading && !this.#isDestroyed && !this.#waitsForTurn) {
      const limit = this.#context.pressure.unsentLimit;
      if (this.#items.length === 0 && this.#loaded.length === 0) return;
      if (this.#unsentBytes >= limit || !this.#hasTurn()) return;
      const batch = this.#kept ?? new WriteBatch();
      this.#kept = null;
      this.#gather(batch, Math.min(WRITE_BYTES, Math.max(limit - this.#unsentBytes, SMALL_WRITE_BYTES)));
      if (this.#isLoading && !batch.endsResponse && batch.byteLength < KEPT_BYTES) this.#kept = batch;
      else if (batch.byteLength > 0) this.#write(batch);
    }
  }

  /** Lets go of everything, once the socket has closed. */
  destroy(): void {
    this.#isDestroyed = true;
    for (const item of this.#items) if (item instanceof PartList) item.releaseAll();
    for (const slice of this.#loaded) slice.owner.release();
    for (const batch of this.#writes) this.#takeBack(batch);
    if (this.#kept !== null) this.#takeBack(this.#kept);
    this.#context.pressure.addUnsent(-this.#unsentBytes);
    this.#kept = null;
    this.#items.length = 0;
    this.#loaded.length = 0;
    this.#writes.length = 0;
    this.#unsentBytes = 0;
  }

  #hasTurn(): boolean {
    const { pressure } = this.#context;
    const { turn } = pressure;
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#turnBytes = 0;
    }
    if (this.#turnBytes < SEND_TURN_BYTES && pressure.hasSendTurn) return true;
    this.#waitsForTurn = true;
    pressure.inNextTurn(() => {
      this.#waitsForTurn = false;
      this.#proceed();
    });
    return false;
  }

  /** Fills the batch up to about `maxBytes`, loading parts on the way until one needs waiting for. */
  #gather(batch: WriteBatch, maxBytes: number): void {
    while (batch.byteLength < maxBytes) {
      const slice = this.#loaded.shift();
      if (slice !== undefined) {
        this.#addSlice(batch, slice);
        continue;
      }
      const item = this.#items[0];
      if (item === undefined) return;
      if (Buffer.isBuffer(item)) {
        this.#endItem(batch);
        batch.add(item, UNCOUNTED);
      } else if (item.isEmpty) this.#endItem(batch);
      else if (!this.#loadNext(item)) return;
    }
  }

  #endItem(batch: WriteBatch): void {
    this.#items.shift();
    const left = (this.#itemsLeft[0] ?? 0) - 1;
    this.#itemsLeft[0] = left;
    if (left > 0) return;
    this.#itemsLeft.shift();
    batch.endsResponse = true;
  }

  #addSlice(batch: WriteBatch, slice: Slice): void {
    if (slice.bytes.length > 0 && this.#context.pool.lend(slice.owner)) {
      batch.add(slice.bytes, slice.owner);
    } else {
      // Slow readers would keep what others need; their own copies are bounded by the limit of unsent bytes.
      batch.add(Buffer.from(slice.bytes), UNCOUNTED);
      slice.owner.release();
    }
  }

  /** Loads the next part of `list`; false when it must be waited for. */
  #loadNext(list: PartList): boolean {
    const { pressure } = this.#context;
    this.#isLoading = true;
    if (!pressure.startLoad(() => this.#loadPlaceFree())) return false;
    const part = list.take() as Part;
    let loading: readonly Slice[] | Promise<readonly Slice[]>;
    try {
      loading = part.load();
    } catch (error) {
      this.#loadEnded(part);
      this.#owner.fail(error, FAILURE);
      return false;
    }
    if (!isPromise(loading)) return this.#keepLoaded(part, loading);
    loading.then(
      (slices) => {
        if (this.#isDestroyed) {
          for (const slice of slices) slice.owner.release();
          this.#loadEnded(part);
        } else if (this.#keepLoaded(part, slices)) this.#proceed();
      },
      (error: unknown) => {
        this.#loadEnded(part);
        if (!this.#isDestroyed) this.#owner.fail(error, FAILURE);
      },
    );
    return false;
  }

  /** Takes over what a part gave; false when it is not what the response's length promised, and the connection closes. */
  #keepLoaded(part: Part, slices: readonly Slice[]): boolean {
    let byteLength = 0;
    for (const slice of slices) byteLength += slice.bytes.length;
    this.#loaded.push(...slices);
    this.#loadEnded(part);
    if (byteLength !== part.byteLength) {
      this.#owner.fail(new Error(`A part of ${part.byteLength} bytes gave ${byteLength}`), FAILURE);
      return false;
    }
    this.#isLoading = false;
    return true;
  }

  #loadEnded(part: Part): void {
    part.release();
    this.#context.pressure.endLoad();
  }

  #loadPlaceFree(): void {
    this.#isLoading = false;
    this.#proceed();
  }

  #write(batch: WriteBatch): void {
    const { pressure } = this.#context;
    const { socket, tap } = this.#owner;
    const chunks = batch.chunks();
    if (tap !== null) for (const chunk of chunks) tap.sent(chunk);
    this.#unsentBytes += batch.byteLength;
    this.#turnBytes += batch.byteLength;
    pressure.spendSendTurn(batch.byteLength);
    pressure.addUnsent(batch.byteLength);
    this.#writes.push(batch);
    const last = chunks.length - 1;
    if (last === 0) {
      socket.write(chunks[0] as Buffer, this.#onWritten);
      return;
    }
    socket.cork();
    for (let i = 0; i < last; i++) socket.write(chunks[i] as Buffer);
    socket.write(chunks[last] as Buffer, this.#onWritten);
    socket.uncork();
  }

  /** After an error the socket closes, and `destroy` lets go of all: until then the system may still look at the bytes. */
  readonly #onWritten = (error?: Error | null): void => {
    if ((error !== null && error !== undefined) || this.#isDestroyed) return;
    const batch = this.#writes.shift() as WriteBatch;
    this.#takeBack(batch);
    this.#unsentBytes -= batch.byteLength;
    this.#owner.onSent();
    this.#context.pressure.addUnsent(-batch.byteLength);
    this.#proceed();
  };

  #takeBack(batch: WriteBatch): void {
    for (const owner of batch.owners) this.#context.pool.takeBack(owner);
  }

  #proceed(): void {
    if (this.#isDestroyed) return;
    this.flush();
    if (!this.isBacklogged) this.#owner.onRoom();
  }
}
