/** FindCoordinator, API key 10. */
import { array, int16, int32, int8, message, string, structs } from '../schema.ts';

export const FindCoordinatorRequest = message({
  kind: 'request',
  name: 'FindCoordinatorRequest',
  apiKey: 10,
  versions: '0-6',
  flexible: '3+',
  listeners: ['broker'],
  about: 'Asks who coordinates groups or transactions.',
  fields: {
    key: string({ about: 'What the coordinator is wanted for.', versions: '0-3' }),
    keyType: int8({ about: '0 group, 1 transactional id, 2 share partition.', versions: '1+' }),
    coordinatorKeys: array('string', { about: 'What the coordinators are wanted for.', versions: '4+' }),
  },
});

export const FindCoordinatorResponse = message({
  kind: 'response',
  name: 'FindCoordinatorResponse',
  apiKey: 10,
  versions: '0-6',
  flexible: '3+',
  about: 'The coordinators.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '1+',
      ignorable: true,
    }),
    errorCode: int16({ versions: '0-3' }),
    errorMessage: string({ versions: '1-3', nullable: '1-3', ignorable: true }),
    nodeId: int32({ versions: '0-3' }),
    host: string({ versions: '0-3' }),
    port: int32({ versions: '0-3' }),
    coordinators: structs(
      'Coordinator',
      { versions: '4+' },
      {
        key: string({ versions: '4+' }),
        nodeId: int32({ versions: '4+' }),
        host: string({ versions: '4+' }),
        port: int32({ versions: '4+' }),
        errorCode: int16({ versions: '4+' }),
        errorMessage: string({ versions: '4+', nullable: '4+', ignorable: true }),
      },
    ),
  },
});
