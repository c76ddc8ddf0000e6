/**
 * Debug mode of counted memory: what is used again is filled with a pattern first, so that whoever still reads it reads
 * nonsense, and where each piece was taken is remembered, so that one that is never released is found.
 */

/** What memory is filled with when its last reference has gone. */
export const POISON_BYTE = 0xdb;

let isOn = false;
const owners: Array<() => readonly string[]> = [];

/** Turns the debug mode on for all pools made from now on. */
export function debugMemory(): void {
  isOn = true;
}

export function isMemoryDebugged(): boolean {
  return isOn;
}

/** Says that the owner of a pool is done: what `stacks` still gives when the program ends is a leak. */
export function watchForLeaks(stacks: () => readonly string[]): void {
  if (isOn) owners.push(stacks);
}

/** Where memory was taken whose pool's owner is done, and that nobody released. */
export function memoryLeaks(): string[] {
  return owners.flatMap((stacks) => stacks());
}

/** Memory of one pool that is in use, with the stacks at which it was taken; counts nothing unless in debug mode. */
export class TakenMemory<T extends { readonly bytes: Uint8Array }> {
  readonly #isOn: boolean;
  readonly #stacks = new Map<T, string>();

  constructor(isDebugged = isOn) {
    this.#isOn = isDebugged;
  }

  add(memory: T): void {
    if (this.#isOn) this.#stacks.set(memory, new Error('taken here').stack ?? '');
  }

  /** Forgets it and poisons its first `byteLength` bytes. */
  delete(memory: T, byteLength = memory.bytes.length): void {
    if (!this.#isOn) return;
    this.#stacks.delete(memory);
    memory.bytes.fill(POISON_BYTE, 0, byteLength);
  }

  /** Poisons the first bytes of what stays in use. */
  poison(memory: T, byteLength: number): void {
    if (this.#isOn) memory.bytes.fill(POISON_BYTE, 0, byteLength);
  }

  /** Of all but `except`. */
  stacks(except: T | null = null): string[] {
    return Array.from(this.#stacks).flatMap(([memory, stack]) => (memory === except ? [] : [stack]));
  }
}
