/** What a run compares. */
import type { BrokerProcess } from '../../test/support/broker-process.ts';

/** A broker that is up. */
export interface RunningBroker extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `host:port`. */
  readonly bootstrap: string;
  /** Undefined for a broker on another machine. */
  readonly pid: number | undefined;
  /** Undefined for a broker that this run did not start. */
  readonly process: BrokerProcess | undefined;
}

/** What one broker has beyond the others of its kind. */
export interface Additions {
  readonly settings?: Readonly<Record<string, string>>;
  /** A second listener of this protocol: `clientPort` of the broker's process. */
  readonly clientProtocol?: 'SSL' | 'SASL_SSL';
}

export interface Target {
  /** As it is called in the report. */
  readonly name: string;
  /** What it is, with what settings, in a line. */
  readonly description: string;
  /** @param parentDirectory where it may keep its data */
  start(parentDirectory: string, additions?: Additions): Promise<RunningBroker>;
}
