/** DescribeClientQuotas, API key 48. */
import { bool, float64, int16, int32, int8, message, string, structs } from '../schema.ts';

export const DescribeClientQuotasRequest = message({
  kind: 'request',
  name: 'DescribeClientQuotasRequest',
  apiKey: 48,
  versions: '0-1',
  flexible: '1+',
  listeners: ['broker'],
  about: 'DescribeClientQuotasRequest',
  fields: {
    components: structs(
      'ComponentData',
      {},
      {
        entityType: string(),
        matchType: int8(),
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
  about: 'DescribeClientQuotasResponse',
  fields: {
    throttleTimeMs: int32(),
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
            entityName: string({ nullable: '0+' }),
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
