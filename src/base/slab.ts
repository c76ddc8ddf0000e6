/** The two kinds of memory that the pool of slabs.ts hands out: shared slabs, and buffers of one's own. */
import type { Counted } from './counted.ts';

/** Where memory reports when its references are gone. */
export interface Home {
  onLastReference(memory: Slab | OwnBuffer): void;
  onOneReference(slab: Slab): void;
}

/** One block of memory, recycled at zero references. It is made without any. */
export class Slab implements Counted {
  readonly bytes: Buffer;
  /** Bytes handed out already, from the front. */
  used = 0;
  /** Sockets that send from it. */
  loans = 0;
  #references = 0;
  readonly #home: Home;

  constructor(byteLength: number, home: Home) {
    this.bytes = Buffer.allocUnsafeSlow(byteLength);
    this.#home = home;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    const left = this.#references - 1;
    if (left < 0) throw new Error('Slab released more often than retained');
    this.#references = left;
    if (left === 0) this.#home.onLastReference(this);
    else if (left === 1) this.#home.onOneReference(this);
  }
}

/**
 * A buffer for one frame, made without a reference. (An ArrayBuffer that grows in place would need no copy when a frame
 * turns out longer, but costs new pages for every frame: six times as much as this.)
 */
export class OwnBuffer implements Counted {
  readonly bytes: Buffer;
  /** Sockets that send from it. */
  loans = 0;
  #references = 0;
  readonly #home: Home;

  constructor(byteLength: number, home: Home) {
    this.bytes = Buffer.allocUnsafeSlow(byteLength);
    this.#home = home;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references < 0) throw new Error('Buffer released more often than retained');
    if (this.#references === 0) this.#home.onLastReference(this);
  }
}

/** Gives a buffer's memory back without waiting for the garbage collector; whoever still looks at it sees no bytes. */
export function detach(bytes: Buffer): void {
  (bytes.buffer as ArrayBuffer).transfer(0);
}
