/**
 * The uniform assignor, the default: partitions are spread evenly over the members that subscribe to them, and move only
 * where that makes it more even.
 */
import type { Assignor } from '../../modern/assignor.ts';
import { assignHeterogeneous } from './uniform-heterogeneous.ts';
import { assignHomogeneous } from './uniform-homogeneous.ts';

export const uniformAssignor: Assignor = {
  name: 'uniform',
  assign: (spec) => (spec.isHomogeneous ? assignHomogeneous(spec) : assignHeterogeneous(spec)),
};
