#!/usr/bin/env bash
# The LZ4 frame format lets frames follow one another, and a reader is to give the content of all, as with gzip members
# and zstd frames. The readers that Kafka clients are built on disagree about the same bytes, and none says a word:
# kafka-clients (so the Java consumer and the broker), lz4-napi, and python-lz4's one-shot function (used by kafka-python)
# stop after the first frame and drop the rest; pierrec/lz4 (sarama, franz-go, kafka-go) and cramjam (aiokafka) read both,
# and so does python-lz4 itself when asked as a file. kafka-clients reads two gzip members and two zstd frames whole, so it
# is not its rule for all codecs.
#
# Versions: kafka-clients 4.4.0, lz4-napi 2.10.0, python-lz4 4.4.5, cramjam 2.14.0, pierrec/lz4 4.1.33.
# Needs bash, JDK 17, Maven, Node, Python 3.11, Go 1.26.
# Seen 2026-11-29: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

expected='kafka-clients lz4: one
kafka-clients gzip: one two
kafka-clients zstd: one two
lz4-napi decompressFrameSync: one
python-lz4 decompress: one
python-lz4 open: one two
cramjam lz4 decompress: one two
pierrec/lz4 Reader: one two'

cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>clients</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-clients</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DincludeScope=runtime -DoutputDirectory=libs
npm install --silent --no-audit --no-fund --prefix . lz4-napi@2.10.0 > npm.log
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check lz4==4.4.5 cramjam==2.14.0
mkdir prog

# Two frames of each kind, one after the other; those of LZ4 by python-lz4.
cat > write.py <<'PY'
import cramjam, gzip, lz4.frame

parts = [b'one', b' two']
for name, compress in {
    'lz4': lz4.frame.compress,
    'gzip': gzip.compress,
    'zstd': lambda part: bytes(cramjam.zstd.compress(part)),
}.items():
    with open('two.' + name, 'wb') as file:
        file.write(b''.join(map(compress, parts)))
PY
venv/bin/python write.py

cat > Read.java <<'JAVA'
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.utils.internals.BufferSupplier;

class Read {
  public static void main(String[] codecs) throws Exception {
    for (String codec : codecs) {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(Path.of("two." + codec)));
      Compression compression = Compression.of(codec).build();
      try (InputStream in = compression.wrapForInput(bytes, (byte) 2, BufferSupplier.NO_CACHING)) {
        System.out.println("kafka-clients " + codec + ": " + new String(in.readAllBytes()));
      }
    }
  }
}
JAVA
cat > read.cjs <<'JS'
const { decompressFrameSync } = require('lz4-napi');
const bytes = require('node:fs').readFileSync('two.lz4');
console.log(`lz4-napi decompressFrameSync: ${decompressFrameSync(bytes)}`);
JS
cat > read.py <<'PY'
import cramjam, lz4.frame

data = open('two.lz4', 'rb').read()
print('python-lz4 decompress:', lz4.frame.decompress(data).decode())
print('python-lz4 open:', lz4.frame.open('two.lz4').read().decode())
print('cramjam lz4 decompress:', bytes(cramjam.lz4.decompress(data)).decode())
PY
cat > prog/main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/pierrec/lz4/v4"
)

func main() {
	text, err := io.ReadAll(lz4.NewReader(os.Stdin))
	if err != nil {
		panic(err)
	}
	fmt.Printf("pierrec/lz4 Reader: %s\n", text)
}
GO
(cd prog && go mod init finding && go get github.com/pierrec/lz4/v4@v4.1.33 && go build -o main .) > go.log 2>&1 || { cat go.log; exit 2; }

seen=$(
  java -cp 'libs/*' Read.java lz4 gzip zstd
  node read.cjs
  venv/bin/python read.py
  prog/main < two.lz4
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
