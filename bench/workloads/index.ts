/** All workloads, in the order in which each broker is put through them. */
import type { Workload } from '../workload.ts';
import { acls } from './acls.ts';
import { catchUp } from './catch-up.ts';
import { crowds } from './crowds.ts';
import { disk } from './disk.ts';
import { fanOut } from './fan-out.ts';
import { fsync } from './fsync.ts';
import { idleMembers } from './idle-members.ts';
import { joins } from './joins.ts';
import { largeRequests } from './large-requests.ts';
import { latency } from './latency.ts';
import { logins } from './logins.ts';
import { matrix } from './matrix.ts';
import { idleMemory, loadedMemory } from './memory.ts';
import { offsetCommits } from './offset-commits.ts';
import { oldClients } from './old-clients.ts';
import { partitions } from './partitions.ts';
import { producers } from './producers.ts';
import { rollingRestart } from './rolling-restart.ts';
import { roundTrip } from './round-trip.ts';
import { share } from './share.ts';
import { start } from './start.ts';
import { throughput } from './throughput.ts';
import { tls } from './tls.ts';
import { transactions } from './transactions.ts';

export const WORKLOADS: readonly Workload[] = [
  start,
  idleMemory,
  // Early, as it also warms up what follows.
  throughput,
  matrix,
  latency,
  roundTrip,
  producers,
  fanOut,
  catchUp,
  fsync,
  oldClients,
  tls,
  logins,
  acls,
  transactions,
  offsetCommits,
  joins,
  rollingRestart,
  share,
  largeRequests,
  crowds,
  partitions,
  loadedMemory,
  disk,
  idleMembers,
];

export const WORKLOAD_NAMES: readonly string[] = [...new Set(WORKLOADS.map(({ name }) => name))];
