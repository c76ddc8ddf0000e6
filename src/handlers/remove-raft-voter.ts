/** RemoveRaftVoter (81), version 0 (KIP-853): removes a voter from the quorum, whose voters are fixed here. */
import { ApiKey } from '../../protocol/apis.ts';
import {
  readRemoveRaftVoterRequest,
  type RemoveRaftVoterRequest,
} from '../../protocol/generated/remove-raft-voter-request.ts';
import {
  type RemoveRaftVoterResponse,
  writeRemoveRaftVoterResponse,
} from '../../protocol/generated/remove-raft-voter-response.ts';
import type { Input } from '../../protocol/input.ts';
import { refuseVoterChange } from './raft-voters.ts';
import { handler } from './types.ts';

export const removeRaftVoterHandler = handler<RemoveRaftVoterRequest, Input<RemoveRaftVoterResponse>>({
  apiKey: ApiKey.RemoveRaftVoter,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readRemoveRaftVoterRequest,
  writeResponse: writeRemoveRaftVoterResponse,
  handle(context, request) {
    return refuseVoterChange(context, request, ['Remove', 'removing']);
  },
});
