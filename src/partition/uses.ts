/** Whether a partition is in use: asked for something lately, or somebody waits for an answer of it, or for what comes to it. */
import { Waiters } from './waiters.ts';

export class Uses extends Waiters {
  #unanswered = 0;
  #isRecent = true;

  /** It is asked for something. */
  note(): void {
    this.#isRecent = true;
  }

  /** It is in use until the answer is there. */
  until<T>(answer: Promise<T>): Promise<T> {
    this.#unanswered++;
    return answer.finally(() => {
      this.#unanswered--;
      this.#isRecent = true;
    });
  }

  /** True if it was not in use since this was last asked, and nobody waits. */
  takeIdle(): boolean {
    const isIdle = !this.#isRecent && this.#unanswered === 0 && this.areNone;
    this.#isRecent = false;
    return isIdle;
  }
}
