/** Who asks a group something: for member ids, for descriptions, and for rules that depend on the version asked in. */
export interface GroupCaller {
  readonly clientId: string;
  /** Shown as Kafka does, `/127.0.0.1`. */
  readonly clientHost: string;
  readonly apiVersion: number;
  /** Whether it may know of a topic; left out: of all. */
  readonly sees?: (topic: string) => boolean;
}
