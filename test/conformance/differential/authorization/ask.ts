import type { ApiName } from '../../../../protocol/apis.ts';
import type { Body } from '../api-client.ts';
import type { World } from './world.ts';

/** A request of the authorization matrix, which every user sends in the oldest and the newest version of both brokers. */
export interface Ask {
  readonly api: ApiName;
  /** What is special about it, where an API is asked in several ways. */
  readonly about?: string;
  /** The oldest version that can say it. */
  readonly from?: number;
  /** The newest. */
  readonly to?: number;
  /** It needs a topic or group of its own name to be there. */
  readonly needs?: 'topic' | 'group';
  /** What others make does not count. */
  readonly only?: (answer: any) => any;
  /**
   * @param own a name of this request alone, for what it makes or destroys
   */
  body(world: World, own: string, version: number): Body;
}
