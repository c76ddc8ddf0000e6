/** A line that says what is being done and how long the rest will take. */
const SECOND_MS = 1000;

/** `4 min 10 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export interface Output {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** On a terminal one line that changes; elsewhere a line a step. */
export class Progress {
  readonly #output: Output;
  readonly #nowMs: () => number;
  readonly #beganMs: number;
  readonly #totalS: number;
  #doneS = 0;
  #stepBeganMs = 0;
  #stepS = 0;
  #text = '';

  /** @param totalS what all steps take, about */
  constructor(output: Output, nowMs: () => number, totalS: number) {
    this.#output = output;
    this.#nowMs = nowMs;
    this.#beganMs = nowMs();
    this.#totalS = totalS;
  }

  /** @param seconds that it takes, about */
  begin(text: string, seconds: number): void {
    this.#text = text;
    this.#stepBeganMs = this.#nowMs();
    this.#stepS = seconds;
    this.show();
    if (this.#output.isTTY !== true) this.#output.write(`${this.line()}\n`);
  }

  end(): void {
    this.#doneS += this.#stepS;
    this.#stepS = 0;
  }

  /** Shows the line again, on a terminal. */
  show(): void {
    if (this.#output.isTTY === true) this.#output.write(`\r\u001b[K${this.line()}`);
  }

  /** Leaves the terminal's line. */
  clear(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\u001b[K');
  }

  line(): string {
    const percent = Math.floor((this.#doneS / this.#totalS) * 100);
    return `${String(percent).padStart(3)} %, ${duration(this.leftS())} left: ${this.#text}`;
  }

  /** What is left, in seconds: the guess, corrected by how good the guess was so far. */
  leftS(): number {
    const nowMs = this.#nowMs();
    const inStepS = Math.min((nowMs - this.#stepBeganMs) / SECOND_MS, this.#stepS);
    const guessedS = this.#totalS - this.#doneS - inStepS;
    if (this.#doneS === 0) return guessedS;
    const ratio = (this.#stepBeganMs - this.#beganMs) / SECOND_MS / this.#doneS;
    return guessedS * ratio;
  }
}
