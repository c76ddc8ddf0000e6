/** The APIs that carry records and their offsets. Versions that name topics by their ids are left out. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeFetchRequest } from '../../protocol/generated/fetch-request.ts';
import { readFetchResponse } from '../../protocol/generated/fetch-response.ts';
import { writeInitProducerIdRequest } from '../../protocol/generated/init-producer-id-request.ts';
import { readInitProducerIdResponse } from '../../protocol/generated/init-producer-id-response.ts';
import { writeListOffsetsRequest } from '../../protocol/generated/list-offsets-request.ts';
import { readListOffsetsResponse } from '../../protocol/generated/list-offsets-response.ts';
import { type ProduceRequest, writeProduceRequest } from '../../protocol/generated/produce-request.ts';
import { type ProduceResponse, readProduceResponse } from '../../protocol/generated/produce-response.ts';
import { api } from './api.ts';

export const PRODUCE = api<ProduceRequest, ProduceResponse>(ApiKey.Produce, writeProduceRequest, readProduceResponse, {
  maxVersion: 11,
});

export const FETCH = api(ApiKey.Fetch, writeFetchRequest, readFetchResponse, { maxVersion: 12 });

export const LIST_OFFSETS = api(ApiKey.ListOffsets, writeListOffsetsRequest, readListOffsetsResponse, {
  maxVersion: 10,
});

export const INIT_PRODUCER_ID = api(ApiKey.InitProducerId, writeInitProducerIdRequest, readInitProducerIdResponse, {
  maxVersion: 4,
});
