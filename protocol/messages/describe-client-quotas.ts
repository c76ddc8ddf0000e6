/** DescribeClientQuotas, API key 48. */
import { bool, float64, int16, int32, int8, message, string, structs } from '../schema.ts';

export const DescribeClientQuotasRequest = message({
  kind: 'request',
  name: 'DescribeClientQuotasRequest',
  apiKey: 48,
  versions: '0-1',
  flexible: '1+',
  listeners: ['broker'],
  about: 'Asks for client quotas.',
  fields: {
    components: structs(
      'ComponentData',
      {},
      {
        entityType: string(),
        matchType: int8({ about: '0 exact name, 1 default, 2 any.' }),
        match: string({ nullable: '0+' }),
      },
    ),
    strict: bool(),
  },
});

export const DescribeClientQuotasResponse = message({
  kind: 'response',
  name: 'DescribeClientQuotasResponse',
  apiKey: 48,
  versions: '0-1',
  flexible: '1+',
  about: 'Quotas found.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    entries: structs(
      'EntryData',
      { nullable: '0+' },
      {
        entity: structs(
          'EntityData',
          {},
          {
            entityType: string(),
            entityName: string({ about: 'Name of the entity, null for the default.', nullable: '0+' }),
          },
        ),
        values: structs(
          'ValueData',
          {},
          {
            key: string(),
            value: float64(),
          },
        ),
      },
    ),
  },
});
