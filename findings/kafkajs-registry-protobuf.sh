#!/usr/bin/env bash
# With a schema registry, a message in Protobuf is a zero byte, four bytes of the schema's number, the path of the message's
# type in that schema, and the message. @kafkajs/confluent-schema-registry knows of no path: it writes none, and reading it
# drops all zero bytes there, which is right for the first type of a schema alone (its path is one zero byte). The rest is
# worse than refused. A message of the schema's second type is read as one of the first: below, the cancellation of order 5
# is an order, without number, of the article "late". A message whose fields all have their defaults fails. And what it
# writes has its first fields taken for a path by others: order 5, of two pieces of cheese, is an empty order to Confluent's
# client for Python. Mostly nothing fails, as Protobuf has a default for each field. A test with one type and one client
# passes.
#
# Versions: @kafkajs/confluent-schema-registry 4.1.0, confluent-kafka 2.16.1 with protobuf 7.36.2, Node 26.10.0. The registry
# below knows one schema. Needs bash, npm, Python 3.11.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

expected='Python writes Ordered {"number":5,"article":"cheese","pieces":2}, 00 08 05 12 06 63 68 65 65 73 65 18 02
  kafkajs reads {"number":5,"article":"cheese","pieces":2}
Python writes Ordered {}, 00
  kafkajs reads RangeError: index out of range: 1 + 1 > 1
Python writes Cancelled {"number":5,"reason":"late"}, 02 02 08 05 12 04 6c 61 74 65
  kafkajs reads {"article":"late"}
kafkajs writes Ordered {"number":5,"article":"cheese","pieces":2}, 08 05 12 06 63 68 65 65 73 65 18 02
  Python reads Ordered {}'

npm init -y > /dev/null
npm install --silent --no-audit --no-fund node@26.10.0 @kafkajs/confluent-schema-registry@4.1.0
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check 'confluent-kafka[schemaregistry,protobuf]==2.16.1' protobuf==7.36.2
# python.py REGISTRY write TYPE JSON prints a message in hexadecimal, python.py REGISTRY read TYPE HEX one as JSON.
cat > python.py <<'PYTHON'
import json, sys
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

file = descriptor_pb2.FileDescriptorProto(name='shop.proto', package='shop', syntax='proto3')
schema = {'Ordered': 'int32 number, string article, int32 pieces', 'Cancelled': 'int32 number, string reason'}
for name, fields in schema.items():
    message = file.message_type.add(name=name)
    for number, field in enumerate(fields.split(', '), 1):
        kind, field = field.split()
        message.field.add(name=field, number=number, label='LABEL_OPTIONAL', type=f'TYPE_{kind.upper()}')
pool = descriptor_pool.DescriptorPool()
pool.Add(file)

registry, action, name, given = sys.argv[1:]
kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(f'shop.{name}'))
context = SerializationContext('orders', MessageField.VALUE)
if action == 'write':
    settings = {'use.deprecated.format': False, 'subject.name.strategy.type': 'TOPIC'}
    serialize = ProtobufSerializer(kind, SchemaRegistryClient({'url': registry}), settings)
    print(serialize(json_format.ParseDict(json.loads(given), kind()), context).hex())
else:
    deserialize = ProtobufDeserializer(kind, {'use.deprecated.format': False})
    print(json.dumps(json_format.MessageToDict(deserialize(bytes.fromhex(given), context)), separators=(',', ':')))
PYTHON
cat > shop.mjs <<'JS'
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';

const schema = `
syntax = "proto3";
package shop;
message Ordered { int32 number = 1; string article = 2; int32 pieces = 3; }
message Cancelled { int32 number = 1; string reason = 2; }
`;
const server = createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id: 1, subject: 'orders-value', version: 1, schemaType: 'PROTOBUF', schema }));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const host = `http://127.0.0.1:${server.address().port}`;
const kafkajs = new SchemaRegistry({ host });

async function python(...given) {
  const { stdout } = await promisify(execFile)('venv/bin/python', ['python.py', host, ...given]);
  return stdout.trim();
}

/** The bytes behind those of the schema's number. */
function show(bytes) {
  return bytes.subarray(5).toString('hex').replace(/..(?=.)/g, '$& ');
}

for (const [type, message] of [
  ['Ordered', { number: 5, article: 'cheese', pieces: 2 }],
  ['Ordered', {}],
  ['Cancelled', { number: 5, reason: 'late' }],
]) {
  const bytes = Buffer.from(await python('write', type, JSON.stringify(message)), 'hex');
  console.log(`Python writes ${type} ${JSON.stringify(message)}, ${show(bytes)}`);
  console.log(`  kafkajs reads ${await kafkajs.decode(bytes).then(JSON.stringify, String)}`);
}
const message = { number: 5, article: 'cheese', pieces: 2 };
const bytes = await kafkajs.encode(1, message);
console.log(`kafkajs writes Ordered ${JSON.stringify(message)}, ${show(bytes)}`);
console.log(`  Python reads Ordered ${await python('read', 'Ordered', bytes.toString('hex'))}`);
process.exit(0);
JS
seen=$(timeout 60 node_modules/.bin/node shop.mjs 2> node.log) || { cat node.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
