/** A part of a segment's index that is loaded by itself, when it is needed, and dropped when the budget says so. */
import type { ResidentIndex } from '../runs/index-cache.ts';
import type { Pins } from '../runs/run-source.ts';
import { NeedsIndex } from '../runs/run-source.ts';
import type { StorageError } from '../types.ts';
import type { SegmentFile } from './segment-file.ts';
import type { SegmentStore } from './store.ts';

class NeedsPiece extends NeedsIndex {
  readonly #load: (pins: Pins) => Promise<void>;

  constructor(load: (pins: Pins) => Promise<void>) {
    super();
    this.#load = load;
  }

  load(pins: Pins): Promise<void> {
    return this.#load(pins);
  }
}

/** What kind of a part it is, and how it is read from its bytes. */
export interface PieceKind<T> {
  /** For messages. */
  readonly what: string;
  readonly decode: (bytes: Buffer, salt: number, position: number) => T | null;
}

export class IndexPiece<T> implements ResidentIndex {
  readonly byteLength: number;
  isUsed = false;
  readonly #store: SegmentStore;
  readonly #file: SegmentFile;
  readonly #kind: PieceKind<T>;
  readonly #position: number;
  #value: T | null = null;
  #loading: Promise<T> | null = null;
  /** It cannot be had. */
  #refusal: StorageError | null = null;
  readonly #needed = new NeedsPiece(async (pins) => {
    pins.set(this, await this.#load());
  });

  constructor(
    store: SegmentStore,
    file: SegmentFile,
    kind: PieceKind<T>,
    place: { readonly position: number; readonly byteLength: number },
  ) {
    this.#store = store;
    this.#file = file;
    this.#kind = kind;
    this.#position = place.position;
    this.byteLength = place.byteLength;
  }

  /** The part if it is at hand. */
  at(pins: Pins | null): T | NeedsIndex {
    this.isUsed = true;
    return this.#value ?? (pins?.get(this) as T | undefined) ?? this.#needed;
  }

  drop(): void {
    this.#value = null;
  }

  /** The file goes. */
  forget(): void {
    this.#store.indexes.forget(this);
    this.#value = null;
  }

  #load(): Promise<T> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    if (this.#value !== null) return Promise.resolve(this.#value);
    this.#loading ??= this.#read().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #read(): Promise<T> {
    const bytes = Buffer.from(new ArrayBuffer(this.byteLength));
    await this.#store.read(this.#file, bytes, this.#position);
    const value = this.#kind.decode(bytes, this.#file.descriptor.salt, this.#position);
    if (value === null) {
      this.#refusal = this.#store.damage.index(this.#file, this.#kind.what, this.#position);
      throw this.#refusal;
    }
    this.#value = value;
    this.#store.indexes.keep(this);
    return value;
  }
}
