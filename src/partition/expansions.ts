/**
 * What the event loop expands, and looks at expanded, for all partitions: a request of some megabytes may have thousands of
 * batches that expand to a megabyte each.
 */
import { TurnBudget } from '../base/turn-budget.ts';

/** Expanded bytes of a turn: some 3 ms, or three times that for the smallest records. */
const BYTES_PER_TURN = 4 * 1024 * 1024;

export const expansions = new TurnBudget(BYTES_PER_TURN);
