/** Rules for names, with what Apache Kafka 4.4's SslPrincipalMapper gave for the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameMapper, RuleError } from '../../../src/security/tls/principal-rules.ts';

const CLIENT = 'CN=client1,OU=Team A,O=Acme Inc,L=Zurich,ST=ZH,C=CH';

/** Rules, a distinguished name, and the user's name or null for none. */
const CASES: readonly (readonly [rules: string, name: string, user: string | null])[] = [
  ['DEFAULT', CLIENT, CLIENT],
  ['', CLIENT, null],
  ['RULE:^CN=([^,]+),.*$/$1/U,DEFAULT', CLIENT, 'CLIENT1'],
  ['RULE:^CN=(.*?),OU=(.*?),.*$/$1@$2/L', CLIENT, 'client1@team a'],
  ['RULE:^CN=(.*?),OU=(.*?),.*$/$1@$2/L', 'CN=x', null],
  ['RULE:.*/x/', CLIENT, 'xx'],
  ['RULE:^.*$/x/', CLIENT, 'x'],
  ['RULE:CN=(.*),OU=(.*?)(?:,.*)?/$2-$3/', CLIENT, '-$3Team A,O=Acme Inc,L=Zurich,ST=ZH,C=CH'],
  ['RULE:^CN=(.*?),.*$/$12/', CLIENT, 'client12'],
  ['RULE:^(C)(N)=(.*?),.*$/$3$0$30/', CLIENT, 'client1CN=client1,OU=Team A,O=Acme Inc,L=Zurich,ST=ZH,C=CHclient10'],
  ['RULE:^CN=(.*?),.*$/a\\/b\\$1/', CLIENT, 'a/b$1'],
  ['RULE:(?i)cn=(\\w+).*/$1/U', CLIENT, 'CLIENT1'],
  ['RULE:^CN=(?!client)(.*)$/$1/,DEFAULT', CLIENT, CLIENT],
  ['RULE:^CN=(?!client)(.*)$/$1/,DEFAULT', 'CN=duke', 'duke'],
  ['RULE:CN=(.).*\\1.*/$1/', 'CN=abca', 'a'],
  ['RULE:^CN=(.*?),.*$/$1/L , RULE:^CN=(.*?)$/$1/U', 'CN=duke', 'DUKE'],
  ['\nRULE:^OU=(.*?),CN=(.*)$/$2/\n,\nDEFAULT', 'OU=x,CN=a\\,b', 'a\\,b'],
  ['RULE:^CN=(\\p{Lu}.*?),.*$/$1/L,DEFAULT', 'CN=Ünï,O=ß', 'ünï'],
  ['RULE:\\QCN=\\E(?<n>.*)/${n}/', 'CN=x', 'x'],
  ['RULE:^CN=([^+]*)\\+UID=(\\d+),.*$/$2/', 'CN=a+UID=7,O=b', '7'],
  ['RULE:CN=(.*)//', 'CN=x', ''],
  ['RULE:^CN=((a)|(.))(.*)$/$2|$3|$4/', 'CN=xyz', '|x|yz'],
  ['RULE:^1.2.840.113549.1.9.1=#(.*?),.*$/$1/', '1.2.840.113549.1.9.1=#1612,CN=a', '1612'],
  ['RULE:.*?/$0y/', 'CN', 'yCyNy'],
  ['RULE:^CN=(.*?)$/$1/U', 'CN=straße', 'STRASSE'],
];

test('the first rule that matches the whole name gives the user, as in Kafka', () => {
  for (const [rules, name, user] of CASES) assert.equal(nameMapper(rules)(name), user, `${rules} of ${name}`);
});

test('what is no rule is refused, and so is what could never be replaced', () => {
  const wrong = ['RULE:a/b', 'RULE:', 'foo', 'RULE:^CN=(.*?),.*$/$1/X', 'DEFAULT RULE:a/b/', 'RULE:(/x/'];
  const never = ['RULE:^CN=.*$/$1/', 'RULE:^CN=(.*)$/$/', 'RULE:^CN=(.*)$/${n}/'];
  for (const rules of [...wrong, ...never]) assert.throws(() => nameMapper(rules), RuleError, rules);
});
