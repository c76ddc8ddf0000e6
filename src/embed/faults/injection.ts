/** The faults that a program puts in force, as it asks for them: of requests, of coordinators and of the disk. */
import type { RunningBroker } from '../../broker.ts';
import type { BrokerServices } from '../../handlers/types.ts';
import { checkOptionsObject, checkText } from '../arguments.ts';
import { control, delay, drop, fail, injectedError, throttle } from './acts.ts';
import type { CoordinatorKey } from './coordinators.ts';
import { Faults } from './faults.ts';
import { FilledDisk } from './full-disk.ts';
import type {
  ApiPattern,
  BrokerRequest,
  Control,
  DelayOptions,
  DropOptions,
  FailOptions,
  Fault,
  FaultOptions,
  ThrottleOptions,
} from './types.ts';

/** @throws RangeError */
function durationMs(what: string, ms: number): number {
  if (typeof ms === 'number' && ms >= 0 && ms < Infinity) return ms;
  throw new RangeError(`${what}: ms is a number of milliseconds, not ${String(ms)}`);
}

/** What each method does is with the broker's method of the same name. */
export class FaultInjection {
  readonly #services: () => BrokerServices;
  readonly #faults: Faults;
  #filledDisk: FilledDisk | null = null;

  /**
   * @param services those of the broker; throws once it is closed
   * @param onRequest told of every request while `isWatched`
   */
  constructor(running: RunningBroker, services: () => BrokerServices, onRequest: (request: BrokerRequest) => void) {
    this.#services = services;
    this.#faults = new Faults({
      services: running.services,
      intercept: (intercept) => running.intercept(intercept),
      onRequest,
    });
  }

  /** Whether somebody wants to be told of requests. */
  set isWatched(isWatched: boolean) {
    this.#faults.isWatched = isWatched;
  }

  fail(api: ApiPattern, given: FailOptions): Fault {
    checkOptionsObject('fail', given);
    const { error, message, ...options } = given;
    return this.#add('fail', api, options, ['error', 'message'], fail(injectedError('fail', error, message)));
  }

  delay(api: ApiPattern, given: DelayOptions): Fault {
    checkOptionsObject('delay', given);
    const { ms, after = false, ...options } = given;
    return this.#add('delay', api, options, ['ms', 'after'], delay(durationMs('delay', ms), after));
  }

  drop(api: ApiPattern, given: DropOptions): Fault {
    checkOptionsObject('drop', given);
    const { after = false, ...options } = given;
    return this.#add('drop', api, options, ['after'], drop(after));
  }

  throttle(api: ApiPattern, given: ThrottleOptions): Fault {
    checkOptionsObject('throttle', given);
    const { ms, ...options } = given;
    return this.#add('throttle', api, options, ['ms'], throttle(durationMs('throttle', ms)));
  }

  control(api: ApiPattern, program: Control, options: FaultOptions): Fault {
    if (typeof program !== 'function') throw new TypeError('control: takes a function of the request');
    checkOptionsObject('control', options);
    return this.#add('control', api, options, [], control(program));
  }

  /** @throws Error once the broker is closed: no request would ever meet it */
  #add(...fault: Parameters<Faults['add']>): Fault {
    this.#services();
    return this.#faults.add(...fault);
  }

  async moveCoordinator(key: CoordinatorKey): Promise<void> {
    checkOptionsObject('moveCoordinator', key);
    const { moveCoordinator } = await import('./coordinators.ts');
    await moveCoordinator(this.#services(), this.#faults, key);
  }

  async rebalance(groupId: string): Promise<void> {
    checkText('rebalance: the group', groupId);
    const { rebalanceGroup } = await import('./coordinators.ts');
    await rebalanceGroup(this.#services(), groupId);
  }

  fillDisk(): void {
    this.#filledDisk ??= new FilledDisk(this.#services().engine, () => (this.#filledDisk = null));
  }

  freeDisk(): void {
    this.#filledDisk?.free();
  }

  /** Ends the faults of requests. */
  clear(): void {
    this.#faults.clear();
  }
}
