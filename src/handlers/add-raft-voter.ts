/** AddRaftVoter (80), versions 0 and 1 (KIP-853): adds a voter to the quorum, whose voters are fixed here. */
import { ApiKey } from '../../protocol/apis.ts';
import { readAddRaftVoterRequest, type AddRaftVoterRequest } from '../../protocol/generated/add-raft-voter-request.ts';
import {
  type AddRaftVoterResponse,
  writeAddRaftVoterResponse,
} from '../../protocol/generated/add-raft-voter-response.ts';
import type { Input } from '../../protocol/input.ts';
import { refuseVoterChange } from './raft-voters.ts';
import { handler } from './types.ts';

export const addRaftVoterHandler = handler<AddRaftVoterRequest, Input<AddRaftVoterResponse>>({
  apiKey: ApiKey.AddRaftVoter,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readAddRaftVoterRequest,
  writeResponse: writeAddRaftVoterResponse,
  handle(context, request) {
    return refuseVoterChange(context, request, ['Add', 'adding']);
  },
});
