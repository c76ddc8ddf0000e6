/** All that reads records of streams, over one list of sources. */
import type { Clock } from '../../base/clock.ts';
import type { Directory } from '../directory.ts';
import type { StreamId } from '../types.ts';
import { AbortedTransactions } from './aborted.ts';
import { Locator } from './locate.ts';
import { ReadAhead } from './read-ahead.ts';
import { StreamReader } from './read.ts';
import { Search } from './search.ts';
import type { SourceList } from './source-list.ts';

export class Readers {
  readonly locator: Locator;
  readonly reader: StreamReader;
  readonly search: Search;
  readonly aborted: AbortedTransactions;
  readonly #ahead: ReadAhead;

  /** @param clock tells how long reads take */
  constructor(sources: SourceList, directory: Directory, clock: Clock) {
    this.locator = new Locator(sources, directory);
    this.#ahead = new ReadAhead(clock);
    this.reader = new StreamReader(directory, this.locator, this.#ahead);
    this.search = new Search(directory, this.locator);
    this.aborted = new AbortedTransactions(sources, directory, this.locator);
  }

  /** Drops what is remembered of a stream that is deleted. */
  forget(stream: StreamId): void {
    this.locator.forget(stream);
    this.aborted.forget(stream);
    this.#ahead.forget(stream);
  }
}
