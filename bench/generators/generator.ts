/** What makes the load: programs of their own, each with a client of its own, that drive every broker alike. */
export type Codec = 'none' | 'lz4' | 'zstd';

/** Records that go out as fast as they can, over all partitions in turn. */
export interface ProduceLoad {
  readonly topic: string;
  readonly partitions: number;
  readonly recordBytes: number;
  readonly codec: Codec;
  readonly acks: 1 | -1;
  /** When it ends. */
  readonly limit: { readonly seconds: number } | { readonly records: number };
}

export interface Produced {
  /** Of what was acknowledged, before it was compressed. */
  readonly bytes: number;
  readonly records: number;
  readonly seconds: number;
}

/** A whole topic, read as fast as it can be. */
export interface ConsumeLoad {
  readonly topic: string;
  readonly partitions: number;
  /** That the topic has, or that are waited for. */
  readonly records: number;
}

export interface Consumed {
  readonly bytes: number;
  /** Bytes of the records after the first ones, and the time from the first to the last. */
  readonly timedBytes: number;
  readonly seconds: number;
}

/** Records that are due by the clock, whatever the answers do, and are read at the same time. */
export interface OpenLoopLoad {
  readonly topic: string;
  readonly partitions: number;
  /** Records a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly recordBytes: number;
}

/** In ms, each from the moment at which a record was due. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface OpenLoopResult {
  readonly acknowledged: Percentiles;
  readonly endToEnd: Percentiles;
}

/** Every function ends early when `signal` says so. @throws Error with what the program said */
export interface Generator {
  readonly name: string;
  produce(bootstrap: string, load: ProduceLoad, signal: AbortSignal): Promise<Produced>;
  consume(bootstrap: string, load: ConsumeLoad, signal: AbortSignal): Promise<Consumed>;
  openLoop(bootstrap: string, load: OpenLoopLoad, signal: AbortSignal): Promise<OpenLoopResult>;
}
