#!/usr/bin/env bash
# Makes the key stores of this folder with Java's keytool (17) and openssl (3): test keys, good for a hundred years, that
# nothing else trusts. The store password is storepass everywhere, the key password keypass where it differs.
set -euo pipefail
cd "$(dirname "$0")"
rm -f ./*.jks ./*.p12 ./*.jceks ./*.pem
tool() { keytool "$@" -storepass storepass -noprompt 2> /dev/null; }
pair() { tool -genkeypair -validity 36500 "$@"; }
pair -storetype JKS -keystore key.jks -alias server -keyalg RSA -keysize 2048 -keypass keypass -dname 'CN=localhost,O=Walka Test' -ext san=dns:localhost,ip:127.0.0.1
pair -storetype PKCS12 -keystore keys.p12 -alias rsa -keyalg RSA -keysize 2048 -dname 'CN=localhost,O=Walka Test' -ext san=dns:localhost
pair -storetype PKCS12 -keystore keys.p12 -alias ec -keyalg EC -groupname secp256r1 -dname 'CN=ec.localhost,O=Walka Test' -ext san=dns:localhost,dns:ec.localhost
# As Java made them until 17: RC2 with 40 bits for certificates, 3DES for keys, SHA-1.
pair -J-Dkeystore.pkcs12.legacy -storetype PKCS12 -keystore legacy.p12 -alias server -keyalg RSA -keysize 2048 -dname 'CN=legacy,O=Walka Test'
pair -storetype JCEKS -keystore key.jceks -alias server -keyalg EC -groupname secp256r1 -dname 'CN=jceks'
# A key whose certificate another one signed, with the chain.
pair -storetype PKCS12 -keystore ca.tmp -alias ca -keyalg EC -groupname secp256r1 -dname 'CN=Walka Test CA' -ext bc:c
pair -storetype PKCS12 -keystore chain.p12 -alias server -keyalg EC -groupname secp256r1 -dname 'CN=chained'
tool -exportcert -rfc -keystore ca.tmp -alias ca > ca.pem
tool -certreq -keystore chain.p12 -alias server \
  | tool -gencert -keystore ca.tmp -alias ca -validity 36500 -rfc > server.tmp
cat server.tmp ca.pem > chain.tmp
tool -importcert -keystore chain.p12 -alias ca -file ca.pem > /dev/null
tool -importcert -keystore chain.p12 -alias server -file chain.tmp > /dev/null
tool -importcert -storetype PKCS12 -keystore trust.p12 -alias Root -file ca.pem > /dev/null
tool -importcert -storetype JKS -keystore trust.jks -alias Root -file ca.pem > /dev/null
tool -J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE -J-Dkeystore.pkcs12.macAlgorithm=NONE -importcert \
  -storetype PKCS12 -keystore trust-open.p12 -alias root -file ca.pem > /dev/null
# openssl does not mark certificates as trusted; and it may hide keys under a password of their own.
openssl pkcs12 -export -nokeys -in ca.pem -passout pass:storepass -out trust-openssl.p12
openssl pkcs12 -in chain.p12 -passin pass:storepass -nocerts -nodes 2> /dev/null | openssl pkey > key.tmp
openssl pkcs12 -export -inkey key.tmp -in server.tmp -certfile ca.pem -name server -passout pass:storepass -out key-openssl.p12
rm -f ./*.tmp
