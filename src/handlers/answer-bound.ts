/**
 * Bounds an answer whose elements are far larger than what asks for them: a request of a few kilobytes that names one
 * thing thousands of times would else take more memory than there is. What comes after the bound is an INVALID_REQUEST.
 */

/** More than the answers about tens of thousands of topics or groups have. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export class AnswerBound {
  #left = MAX_ANSWER_BYTES;

  /** True once nothing more goes into the answer. */
  get isReached(): boolean {
    return this.#left <= 0;
  }

  /** Counts about how many bytes were put into the answer. */
  add(byteLength: number): void {
    this.#left -= byteLength;
  }
}
