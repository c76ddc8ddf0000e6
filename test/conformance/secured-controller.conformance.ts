/** The controller's listener with TLS, logins and ACLs, as an administrator with Kafka's tools has it. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BrokerProcess } from '../support/broker-process.ts';
import { Authority, pemSettings } from '../support/certificates.ts';
import { missing } from './client-suite.ts';
import { propertiesFile, type Result, ToolServer, TOOLS_NEEDS } from './java-program.ts';

const ACLS = 'org.apache.kafka.tools.AclCommand';
const CLUSTER = 'org.apache.kafka.tools.ClusterTool';
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required';

test("Kafka's tools log in at the controller's listener, and ACLs say what for", {
  skip: missing(TOOLS_NEEDS),
  timeout: 600_000,
}, async (t: TestContext) => {
  const authority = await Authority.create();
  const inLines = Object.entries(pemSettings(await authority.issue('CN=localhost'))).map(
    ([name, value]) => [name, value.trim().replaceAll('\n', '\\n')] as const,
  );
  await using broker = await BrokerProcess.start({
    target: 'walka',
    controllerProtocol: 'SASL_SSL',
    settings: {
      ...Object.fromEntries(inLines),
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.controller.plain.sasl.jaas.config': `${PLAIN} user_admin="a" user_alice="b";`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:admin',
    },
  });
  await writeFile(join(broker.directory, 'ca.pem'), authority.certificate);
  await using tools = new ToolServer();
  const as = async (user: string, password: string, name: string, args: string): Promise<Result> => {
    const config = await propertiesFile(join(broker.directory, `${user}-${password}.properties`), {
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'PLAIN',
      'sasl.jaas.config': `${PLAIN} username="${user}" password="${password}";`,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(broker.directory, 'ca.pem'),
    });
    const option = name === CLUSTER ? '--config' : '--command-config';
    const to = ['--bootstrap-controller', broker.controllerBootstrap.replace('127.0.0.1', 'localhost'), option, config];
    return tools.run(name, [...args.split(' '), ...to]);
  };

  await t.test('a super user makes ACLs', async () => {
    const made = await as('admin', 'a', ACLS, '--add --allow-principal User:bob --operation Read --topic orders');
    assert.equal(made.code, 0, made.output);
    const listed = await as('admin', 'a', ACLS, '--list');
    assert.match(listed.output, /principal=User:bob, host=\*, operation=READ, permissionType=ALLOW/);
  });
  await t.test('a user without a right is refused, until somebody gives it', async () => {
    const refused = await as('alice', 'b', CLUSTER, 'list-endpoints');
    assert.match(refused.output, /ClusterAuthorizationException/);
    const given = await as('admin', 'a', ACLS, '--add --allow-principal User:alice --operation Alter --cluster');
    assert.equal(given.code, 0, given.output);
    const listed = await as('alice', 'b', CLUSTER, 'list-endpoints');
    assert.match(listed.output, /^1\s+127\.0\.0\.1\s+\d+\s+null\s+controller\s*$/m);
  });
  await t.test('a wrong password opens nothing', async () => {
    const { output } = await as('admin', 'wrong', ACLS, '--list');
    assert.match(output, /SaslAuthenticationException: Authentication failed: Invalid username or password/);
  });
});
