/** Answers of Walka that differ from Kafka's on purpose, each with its reason. */

export interface Deviation {
  /** Which cases. */
  readonly case: RegExp;
  /** Which steps of them. */
  readonly step: RegExp;
  /** The field that may differ; the whole answer if left out. */
  readonly field?: string;
  readonly reason: string;
}

export const deviations: readonly Deviation[] = [];
