/** The APIs that carry records and their offsets. Versions that name topics by their ids are left out. */
import { ApiKey } from '../../protocol/apis.ts';
import { type FetchRequest, writeFetchRequest } from '../../protocol/generated/fetch-request.ts';
import { type FetchResponse, readFetchResponse } from '../../protocol/generated/fetch-response.ts';
import {
  type InitProducerIdRequest,
  writeInitProducerIdRequest,
} from '../../protocol/generated/init-producer-id-request.ts';
import {
  type InitProducerIdResponse,
  readInitProducerIdResponse,
} from '../../protocol/generated/init-producer-id-response.ts';
import { type ListOffsetsRequest, writeListOffsetsRequest } from '../../protocol/generated/list-offsets-request.ts';
import { type ListOffsetsResponse, readListOffsetsResponse } from '../../protocol/generated/list-offsets-response.ts';
import { type ProduceRequest, writeProduceRequest } from '../../protocol/generated/produce-request.ts';
import { type ProduceResponse, readProduceResponse } from '../../protocol/generated/produce-response.ts';
import type { Api } from './api.ts';

export const PRODUCE: Api<ProduceRequest, ProduceResponse> = {
  key: ApiKey.Produce,
  maxVersion: 11,
  write: writeProduceRequest,
  read: readProduceResponse,
};

export const FETCH: Api<FetchRequest, FetchResponse> = {
  key: ApiKey.Fetch,
  maxVersion: 12,
  write: writeFetchRequest,
  read: readFetchResponse,
};

export const LIST_OFFSETS: Api<ListOffsetsRequest, ListOffsetsResponse> = {
  key: ApiKey.ListOffsets,
  maxVersion: 10,
  write: writeListOffsetsRequest,
  read: readListOffsetsResponse,
};

export const INIT_PRODUCER_ID: Api<InitProducerIdRequest, InitProducerIdResponse> = {
  key: ApiKey.InitProducerId,
  maxVersion: 4,
  write: writeInitProducerIdRequest,
  read: readInitProducerIdResponse,
};
