/** AlterClientQuotas, API key 49. */
import { bool, float64, int16, int32, message, string, structs } from '../schema.ts';

export const AlterClientQuotasRequest = message({
  kind: 'request',
  name: 'AlterClientQuotasRequest',
  apiKey: 49,
  versions: '0-1',
  flexible: '1+',
  listeners: ['broker', 'controller'],
  about: 'Changes client quotas.',
  fields: {
    entries: structs(
      'EntryData',
      {},
      {
        entity: structs(
          'EntityData',
          {},
          {
            entityType: string(),
            entityName: string({ about: 'Name of the entity, null for the default.', nullable: '0+' }),
          },
        ),
        ops: structs(
          'OpData',
          {},
          {
            key: string(),
            value: float64(),
            remove: bool(),
          },
        ),
      },
    ),
    validateOnly: bool({ about: 'Check everything, change nothing.' }),
  },
});

export const AlterClientQuotasResponse = message({
  kind: 'response',
  name: 'AlterClientQuotasResponse',
  apiKey: 49,
  versions: '0-1',
  flexible: '1+',
  about: 'Which quotas were changed.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    entries: structs(
      'EntryData',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        entity: structs(
          'EntityData',
          {},
          {
            entityType: string(),
            entityName: string({ about: 'Name of the entity, null for the default.', nullable: '0+' }),
          },
        ),
      },
    ),
  },
});
