/**
 * Messages whose codecs are code, field by field: what clients send all the time. All others are read and written by a
 * table (`protocol/table/`), at some three times the cost and a fifth of the size.
 */
export const HOT = new RegExp(
  `^(${[
    '(Produce|Fetch|ListOffsets|Metadata|ApiVersions)(Request|Response)',
    '(Heartbeat|ConsumerGroupHeartbeat|ShareGroupHeartbeat)(Request|Response)',
    '(OffsetCommit|OffsetFetch)(Request|Response)',
    'OffsetCommit(Key|Value)',
  ].join('|')})$`,
);
