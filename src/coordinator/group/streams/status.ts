/** What a heartbeat's answer says of the state of the group, besides its tasks. */

export const StatusCode = {
  STALE_TOPOLOGY: 0,
  MISSING_SOURCE_TOPICS: 1,
  INCORRECTLY_PARTITIONED_TOPICS: 2,
  MISSING_INTERNAL_TOPICS: 3,
  SHUTDOWN_APPLICATION: 4,
  ASSIGNMENT_DELAYED: 5,
  /** Since version 1 of the answer. */
  MISSING_CLIENT_TAGS: 6,
} as const;

export interface Status {
  readonly statusCode: (typeof StatusCode)[keyof typeof StatusCode];
  readonly statusDetail: string;
}
