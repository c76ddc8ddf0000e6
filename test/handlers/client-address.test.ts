/** The address of a client, as others are told it and as Kafka's settings have it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientLabels } from '../../src/handlers/client-labels.ts';
import { groupCaller } from '../../src/handlers/group-caller.ts';
import { openTestServices, testConnection, testContext } from '../support/test-services.ts';

test('an IPv6 address is written as Kafka writes it, to members of groups and for client-metrics subscriptions', async () => {
  const { services } = await openTestServices();
  const context = { ...testContext(services, 0, 'app'), connection: testConnection({ remoteHost: '2001:db8::1' }) };
  assert.equal(groupCaller(context).clientHost, '/2001:db8:0:0:0:0:0:1');
  assert.equal(clientLabels(context).get('client_source_address'), '2001:db8:0:0:0:0:0:1');
});
