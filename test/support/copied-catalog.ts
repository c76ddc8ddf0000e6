/** A catalog whose own disk keeps everything, with its copy in a journal on a disk that may not. */
import * as changes from '../../src/storage/catalog/changes.ts';
import { checkAgainstJournal } from '../../src/storage/catalog/check.ts';
import { encodeBatch, encodeImage, JournalCopy } from '../../src/storage/catalog/journal-copy.ts';
import { newCluster } from '../../src/storage/catalog/rows.ts';
import { publishedSegments } from '../../src/storage/catalog/segment-rows.ts';
import { CatalogState } from '../../src/storage/catalog/state.ts';
import type { PublishedSegments, SegmentChange, SegmentPublisher } from '../../src/storage/convert/publication.ts';
import type { Engine } from '../../src/storage/open-engine.ts';
import { Witness } from './witness.ts';

export class CopiedCatalog implements SegmentPublisher {
  readonly state = new CatalogState(newCluster('small'));
  readonly witness = new Witness(null);
  #copy: JournalCopy | null = null;

  /** @param streams known from the start: 1 to this */
  constructor(streams: number) {
    this.#apply(changes.createTopic(this.state, { name: 't', id: 'T', configs: [] }, streams));
  }

  get published(): PublishedSegments {
    return publishedSegments(this.state.rows());
  }

  /** As a broker starts it. @throws CatalogError, StorageError */
  async start(engine: Engine): Promise<void> {
    const copy = new JournalCopy(engine);
    const loaded = { cluster: this.state.cluster(), rows: [...this.state.rows()], end: null };
    const { isWhole } = await checkAgainstJournal('catalog.db', loaded, copy, engine);
    await engine.openSegments(publishedSegments(loaded.rows));
    this.#copy = copy;
    if (!isWhole) {
      copy.noteGap();
      await this.#rewrite(copy);
    }
    await this.#change(changes.countStart(this.state));
    await this.witness.goesOnIn(engine.end.sequence);
    engine.onCatalogPins(() => this.#rewrite(copy).catch(() => undefined));
    const publish = async (change: SegmentChange): Promise<void> => {
      if (this.#copy !== copy) throw new Error('The process that publishes is gone');
      await this.publish(change);
    };
    engine.onPublish({ publish });
  }

  /** The process is gone: what it has on its way gets no further. */
  end(): void {
    this.#copy = null;
  }

  async publish(change: SegmentChange): Promise<void> {
    await this.#change(changes.publishSegments(this.state, change));
  }

  async #change(planned: changes.Planned<unknown>): Promise<void> {
    this.#apply(planned);
    if (planned.change !== null) await this.#copy?.append(encodeBatch(planned.change));
  }

  #apply({ change }: changes.Planned<unknown>): void {
    if (change !== null) this.state.apply(change);
  }

  #rewrite(copy: JournalCopy): Promise<void> {
    return copy.rewrite(encodeImage(this.state.cluster(), this.state.rows()));
  }
}
