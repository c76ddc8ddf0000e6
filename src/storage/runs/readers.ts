/** All that reads records of streams, over one list of sources. */
import type { Directory } from '../directory.ts';
import type { StreamId } from '../types.ts';
import { AbortedTransactions } from './aborted.ts';
import { Locator } from './locate.ts';
import { StreamReader } from './read.ts';
import { Search } from './search.ts';
import type { SourceList } from './source-list.ts';

export class Readers {
  readonly locator: Locator;
  readonly reader: StreamReader;
  readonly search: Search;
  readonly aborted: AbortedTransactions;

  constructor(sources: SourceList, directory: Directory) {
    this.locator = new Locator(sources, directory);
    this.reader = new StreamReader(directory, this.locator);
    this.search = new Search(directory, this.locator);
    this.aborted = new AbortedTransactions(sources, directory, this.locator);
  }

  /** Drops what is remembered of a stream that is deleted. */
  forget(stream: StreamId): void {
    this.locator.forget(stream);
    this.aborted.forget(stream);
  }
}
