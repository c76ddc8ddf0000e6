/** Where Walka's answers differ from Kafka's on purpose, each with its reason. */

export interface Deviation {
  /** Which cases. */
  readonly case: RegExp;
  /** Which steps of them. */
  readonly step: RegExp;
  /** Which differing places, as the report words them: `path: Walka ours, Kafka theirs`. */
  readonly place: RegExp;
  readonly reason: string;
}

const ANY = /./;

export const deviations: readonly Deviation[] = [
  {
    case: ANY,
    step: ANY,
    place: /[eE]rrorMessage: Walka "a message", Kafka (null|"")$/,
    reason: 'Walka says what is wrong also where Kafka is silent',
  },
  {
    case: /^Produce (checks the batch header|v\d+ with acks)/,
    step: /^(magic|a length too small|a negative length|garbage|acks .*, bad batch)/,
    place: /errorMessage: Walka null, Kafka "a message"$/,
    reason: 'the error code says it all',
  },
  {
    case: /^(Produce (checks the batch header|finds several things)|a new producer id may start anywhere)/,
    step: ANY,
    place: /logStartOffset: Walka -1, Kafka 0$/,
    reason: 'Kafka adds the log start to some refusals of a malformed batch; no client reads it there',
  },
  {
    case: ANY,
    step: ANY,
    place: /\[name=max\.decompressed\.message\.bytes\].*value: Walka "134217728", Kafka "2147483639"$/,
    reason: 'a batch that inflates to 2 GiB would take the broker down',
  },
  {
    case: ANY,
    step: ANY,
    place: /\[name=min\.insync\.replicas\]/,
    reason: 'with eligible leader replicas Kafka sets this for the cluster; one broker has no use for them',
  },
  {
    case: /^Fetch v/,
    step: /^no such isolation level/,
    place: /^(errorCode: Walka 42, Kafka -1$|responses\[topic=[^\]]+\]: Walka nothing, Kafka .*"errorCode":-1,)/,
    reason: 'Kafka answers UNKNOWN_SERVER_ERROR a partition, Walka INVALID_REQUEST for the whole request',
  },
  {
    case: /^Produce checks the batch header/,
    step: /^codec [57]/,
    place: /errorCode: Walka 76, Kafka -1$/,
    reason: 'UNSUPPORTED_COMPRESSION_TYPE is what it is; Kafka fails inside with UNKNOWN_SERVER_ERROR',
  },
  {
    case: /^Produce checks the batch header/,
    step: /^null records/,
    place: /Kafka "(no answer|closed the connection)"$/,
    reason: 'Kafka fails inside on null records; Walka answers INVALID_RECORD',
  },
  {
    case: /^IncrementalAlterConfigs of a topic/,
    step: /^unknown operation/,
    place: /error(Code|Message)/,
    reason: 'Kafka fails inside with UNKNOWN_SERVER_ERROR, Walka says INVALID_REQUEST',
  },
  {
    case: /^Fetch bounds bytes/,
    step: /^one byte more/,
    place: /records\[1\]: Walka nothing/,
    reason: 'Kafka cuts the last batch anywhere, Walka gives whole batches only',
  },
  {
    case: /^Fetch bounds bytes/,
    step: /^negative bytes/,
    place:
      /(\.(errorCode|highWatermark|lastStableOffset|logStartOffset): Walka \d+, Kafka -1|\.records\[baseOffset=0\]: Walka .*, Kafka nothing)$/,
    reason: 'Kafka fails inside with UNKNOWN_SERVER_ERROR, Walka takes a negative bound for zero',
  },
  {
    case: /^Fetch shares its bytes/,
    step: /^two batches/,
    place: /records\[baseOffset=0\]/,
    reason: 'outside a session Walka starts at another partition each time, so that none starves',
  },
  {
    case: /^DescribeConfigs of brokers/,
    step: /^the broker/,
    place: /group\.initial\.rebalance\.delay\.ms\]#1\.value: Walka "0", Kafka "3000"/,
    reason: "Walka's default is the one of Kafka's image, 0",
  },
  {
    case: /^a Fetch session by topic id outlives/,
    step: ANY,
    place: /errorCode: Walka 100, Kafka 3$/,
    reason: 'the request knows the topic by its id alone, so UNKNOWN_TOPIC_ID says more; clients treat both alike',
  },
  {
    case: /^a (compacted topic|topic with a codec of its own|topic bounds the records)/,
    step: ANY,
    place: /logStartOffset: Walka -1, Kafka 0$/,
    reason: 'as for a malformed batch above',
  },
  {
    case: /^a (compacted topic|topic with a codec of its own)/,
    step: /^(garbage|nothing|cut off)/,
    place: /errorCode: Walka 87, Kafka -1$/,
    reason: 'what cannot be expanded is INVALID_RECORD; Kafka fails inside with UNKNOWN_SERVER_ERROR',
  },
  {
    case: /^(Produce checks the records|Produce of payloads|a batch (with bad records|that is encoded anew))/,
    step: ANY,
    place: /logStartOffset: Walka -1, Kafka 0$/,
    reason: 'as for a malformed batch above',
  },
  {
    case: /^(Produce checks the records|Produce of payloads|a batch that is encoded anew)/,
    step: /^(a length of six bytes|an offset delta|deltas|odd|. from 4)/,
    place: /errorCode: Walka 87, Kafka -1$/,
    reason: 'INVALID_RECORD is what it is; Kafka fails inside with UNKNOWN_SERVER_ERROR',
  },
  {
    case: /^(Produce checks the records|Produce of payloads)/,
    step: /^(misstated|odd)/,
    place: /(errorCode: Walka 87, Kafka 0|baseOffset: Walka -1, Kafka \d+)$/,
    reason:
      'Kafka skips over compressed records, and ignores what follows an lz4 frame or a gzip member: others read it',
  },
  {
    case: /^a batch that is encoded anew/,
    step: /^offset at -/,
    place: /: Walka (1700000000077|3|0), Kafka -1$/,
    reason:
      'a plain batch that claimed LogAppendTime keeps that time in its header; no record has it, and Kafka finds none',
  },
  {
    case: /^Produce of a bad batch beside a good one/,
    step: /^malformed/,
    place:
      /\[index=(0\]\.errorMessage|1\]\.(errorCode|baseOffset|logStartOffset|errorMessage)): Walka (null|\d+), Kafka ("a message"|2|-1)$/,
    reason: 'Kafka fails all partitions when it looks for transactions in one; Walka writes the good ones',
  },
  {
    case: /^(Produce|Fetch) names a partition twice/,
    step: ANY,
    place: /\[(index|partitionIndex)=[09]\]|^responses\[name=[^\]]+\]#1: Walka .*, Kafka nothing$/,
    reason: 'Kafka forgets the first silently; Walka does what was asked, and no client asks',
  },
  {
    case: /^Produce of nothing/,
    step: /^no partitions/,
    place: /partitionResponses":\[\]}, Kafka nothing$/,
    reason: 'Walka answers a topic without partitions with none',
  },
  {
    case: /^Fetch keeps topics/,
    step: /^with an unknown between/,
    place:
      /^responses\[topic=[^\]]+\](#1)?\.partitions\[partitionIndex=1\]: Walka (nothing, Kafka {.*|{.*, Kafka nothing)$/,
    reason: 'Kafka puts unknown partitions at the end, Walka keeps them where they were asked for',
  },
  {
    case: /^Fetch waits for many bytes while the records it asks for go/,
    step: /^below the start/,
    place: /(highWatermark|lastStableOffset|records)/,
    reason: 'Kafka tells that the offset is gone when the time is up, Walka at once',
  },
  {
    case: /^a Fetch session of nothing/,
    step: ANY,
    place: /^sessionId: Walka 0/,
    reason: 'it would take the slot of one that is of use',
  },
  {
    case: /^ListOffsets v.* at its edges/,
    step: /^isolation level/,
    place: /errorCode: Walka 42, Kafka -1$/,
    reason: 'Kafka answers UNKNOWN_SERVER_ERROR, Walka INVALID_REQUEST',
  },
  {
    case: /^ListOffsets by time/,
    step: /^(all gone|no times): -3/,
    place: /\.(timestamp|offset|leaderEpoch): Walka -1, Kafka \d+$/,
    reason: 'the largest timestamp is that of a record which is there and has one; Kafka looks at deleted ones, too',
  },
  {
    case: /^every broker setting takes/,
    step: /^metric\.reporters=/,
    place: /(errorCode: Walka 0, Kafka 42|errorMessage: Walka null, Kafka "a message")$/,
    reason: 'Kafka looks for the classes; here they are accepted and not used',
  },
  {
    case: /^every broker setting takes/,
    step: /^config\.providers=(,|x,x)$/,
    place: /errorCode: Walka 42, Kafka 0$/,
    reason: 'Kafka drops it from what it checks',
  },
  {
    case: /^every broker setting takes/,
    step: /^min\.insync\.replicas=/,
    place: /(errorCode: Walka 0, Kafka 40|errorMessage: Walka null, Kafka "a message")$/,
    reason: 'Kafka has set it for the cluster, see above',
  },
  {
    case: /^values of (a broker|all brokers) are shown/,
    step: / shown$/,
    place: /(synonyms\[name=[\w.]+\]|\[resourceName=\].*)\.value: Walka/,
    reason: 'Walka keeps a value as it is printed; Kafka keeps, and shows in some places, what was written',
  },
  {
    case: /^a broker shows every setting/,
    step: /^all/,
    place:
      /(group\.coordinator\.rebalance\.protocols|group\.initial\.rebalance\.delay\.ms|\.replication\.factor|\.min\.isr)\].*value: Walka/,
    reason: "Walka's defaults for one broker, and the protocols that are served",
  },
  {
    case: /^a broker shows every setting/,
    step: /^loggers/,
    place: /value: Walka "INFO", Kafka "WARN"$/,
    reason: 'what the two are started with',
  },
  {
    case: /^AlterConfigs of other resources/,
    step: /^all brokers/,
    place: /error(Code|Message)/,
    reason: 'Kafka refuses to drop the min.insync.replicas that it set itself, see above',
  },
  {
    case: /^reassignments at their edges/,
    step: /^no topics/,
    place: /errorMessage: Walka null, Kafka ""$/,
    reason: 'neither says anything',
  },
  {
    case: /^Metadata v1[23] of odd requests/,
    step: /^(a name and )?no name/,
    place: /errorCode: Walka 42, Kafka -1$/,
    reason: 'a topic with neither name nor id is a bad request; Kafka fails inside with UNKNOWN_SERVER_ERROR',
  },
  {
    case: /^names and values of 32767 bytes/,
    step: ANY,
    place: /(errorCode: Walka [0-9]+, Kafka -1|groupState: Walka "Dead", Kafka "")$/,
    reason: 'Kafka fails with UNKNOWN_SERVER_ERROR where its message would be longer than a string can be',
  },
  {
    case: /^CreateTopics of names that collide with each other/,
    step: ANY,
    place: /^topics\[name=[^\]]+-a_b\]/,
    reason: 'Kafka looks at topics that are there only, and then has two whose names collide',
  },
  {
    case: /^topics without time/,
    step: ANY,
    place:
      /\.(errorCode: Walka 0, Kafka 7|topicId: Walka "topic \d", Kafka "A{22}"|(numPartitions|replicationFactor): Walka 1, Kafka -1|configs\[name=[\w.]+\]: Walka {.*, Kafka nothing)$/,
    reason: 'Kafka answers REQUEST_TIMED_OUT and does nothing when no time is given; Walka does it',
  },
  {
    case: /^pending members/,
    step: /^join as an instance with the id/,
    place: /^(errorCode: Walka 25, Kafka -1|memberId: Walka "member \d", Kafka "")$/,
    reason: "an id given to a dynamic member is not an instance's; Kafka fails inside with UNKNOWN_SERVER_ERROR",
  },
  {
    case: /^Produce names a topic twice/,
    step: ANY,
    place: /^responses/,
    reason: 'Kafka puts the partitions together, Walka answers as it was asked',
  },
];
