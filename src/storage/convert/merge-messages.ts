/** What the engine and the thread of merges say to each other. One merge at a time. */
import type { StorageErrorCode } from '../types.ts';
import type { MergeOutcome, MergePlan, StreamAnswers } from './types.ts';

export type ToWorker =
  | { readonly kind: 'start'; readonly plan: MergePlan }
  | { readonly kind: 'answers'; readonly answers: StreamAnswers }
  /** The engine could not answer. */
  | { readonly kind: 'unanswered'; readonly message: string }
  | { readonly kind: 'control'; readonly isCancelled: boolean; readonly bytesPerSecond: number }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'ask'; readonly streams: Float64Array }
  | { readonly kind: 'outcome'; readonly outcome: MergeOutcome }
  | { readonly kind: 'failed'; readonly code: StorageErrorCode; readonly message: string };
