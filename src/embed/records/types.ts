/** Records as a program gives and gets them. */

/** A value that `JSON.stringify` writes. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

/** What a key or a value may be: text (as UTF-8), bytes, or what is written as JSON. Null is a null: a tombstone. */
export type RecordData = string | Uint8Array | null | number | boolean | object;

/** A record to produce. */
export interface ProducedRecord {
  /** Default: none. */
  readonly key?: RecordData | undefined;
  /** Null, or left out: a tombstone. */
  readonly value?: RecordData | undefined;
  /** By name; a list gives a name several values. */
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>> | undefined;
  /** Default: by the hash of the key as Kafka's clients do it, without a key in turn from 0 on. */
  readonly partition?: number | undefined;
  /** In ms since the Unix epoch. Default: now, by the broker's clock. */
  readonly timestamp?: number | Date | undefined;
}

export type HeaderValue = string | Uint8Array | null;

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface ProduceOptions {
  /** Default 'none'; a topic's `compression.type` goes before it. */
  readonly compression?: Compression | undefined;
}

/** Where a produced record has come to be. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** How keys and values are shown: as text (UTF-8), as bytes, or with values parsed as JSON. */
export type RecordFormat = 'text' | 'bytes' | 'json';

/** A key or value in a format. */
export type Shown<F extends RecordFormat> = F extends 'bytes' ? Buffer : string;

/** A record as it was read. */
export interface ConsumedRecord<F extends RecordFormat = 'text'> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** In ms since the Unix epoch; -1 for none. */
  readonly timestamp: number;
  readonly key: Shown<F> | null;
  /** Null: a tombstone. With the format `json`: what JSON.parse makes of it, which may be null, too. */
  readonly value: F extends 'json' ? unknown : Shown<F> | null;
  /** By name; of a name that comes several times, the last value. */
  readonly headers: Readonly<Record<string, Shown<F> | null>>;
}

/** Which records are read, and how they are shown. */
export interface ReadOptions<F extends RecordFormat = 'text'> {
  /** Default: all of the topic. */
  readonly partition?: number | readonly number[] | undefined;
  /** First offset, or the time of the first record, or the end as it is now. Default: the beginning. */
  readonly from?: number | Date | 'beginning' | 'end' | undefined;
  /**
   * End offset, or time (exclusive both): reading ends at the first record of that time or a later one. Default: what is
   * there now; in `follow`: no end.
   */
  readonly to?: number | Date | undefined;
  /**
   * Whether records of open and aborted transactions are shown. Default 'read_committed': they are not, as by a consumer
   * that reads committed records only.
   */
  readonly isolation?: 'read_committed' | 'read_uncommitted' | undefined;
  /** Records at most. Default: all. */
  readonly limit?: number | undefined;
  /** Default 'text'. */
  readonly as?: F | undefined;
}

export interface FollowOptions<F extends RecordFormat = 'text'> extends ReadOptions<F> {
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

export interface WaitOptions<F extends RecordFormat = 'text'> extends ReadOptions<F> {
  /** In ms; default 5000. */
  readonly timeout?: number | undefined;
}
