#!/usr/bin/env bash
# Installs the clients of the conformance suite, each once, into a cache outside the checkout.
#
#   install.sh [COMPONENT...]     system python go java java39 old streams tools connect kafka confluent rdkafka former
#                               (default: all of them)
#
# WALKA_CACHE   where things go (default ~/.cache/walka)
# A component whose stamp matches the files it is made from is left alone, so a second run costs nothing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${WALKA_CACHE:-$HOME/.cache/walka}
mkdir -p "$cache/stamps"

say() { printf 'conformance: %s\n' "$*"; }

# fingerprint NAME FILE... : of these files, and of how this script installs NAME from them
fingerprint() {
  local name=$1; shift
  { cat "$@"; declare -f "install_$name" maven_libs node_headers; } | sha256sum | cut -c1-32
}
# stamped NAME FILE... : true when NAME was installed from exactly these files,
# else nothing says so any more: what is half made when an attempt fails does not pass for whole later
stamped() {
  local name=$1; shift
  [ "$(cat "$cache/stamps/$name" 2>/dev/null)" = "$(fingerprint "$name" "$@")" ] && return
  rm -f "$cache/stamps/$name"
  return 1
}
stamp() { fingerprint "$@" > "$cache/stamps/$1"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# Debian packages: kcat, the C client that the load generator of bench/ is linked with, and what librdkafka
# needs to be built from source for the Node binding.
install_system() {
  local need=()
  command -v kcat > /dev/null || need+=(kcat)
  command -v gcc > /dev/null || need+=(gcc libc6-dev)
  command -v g++ > /dev/null || need+=(g++)
  command -v make > /dev/null || need+=(make)
  command -v unzip > /dev/null || need+=(unzip)
  [ -f /usr/include/librdkafka/rdkafka.h ] || need+=(librdkafka-dev)
  [ -f /usr/include/openssl/ssl.h ] || need+=(libssl-dev)
  [ -f /usr/include/zlib.h ] || need+=(zlib1g-dev)
  [ -f /usr/include/zstd.h ] || need+=(libzstd-dev)
  [ -f /usr/include/lz4.h ] || need+=(liblz4-dev)
  [ -f /usr/include/sasl/sasl.h ] || need+=(libsasl2-dev)
  compgen -G '/usr/include/*/curl/curl.h' > /dev/null || [ -f /usr/include/curl/curl.h ] || need+=(libcurl4-openssl-dev)
  command -v javac > /dev/null || need+=(openjdk-17-jdk-headless)
  command -v mvn > /dev/null || need+=(maven)
  command -v python3 > /dev/null || need+=(python3 python3-venv)
  command -v go > /dev/null || need+=(golang-go)
  [ ${#need[@]} -eq 0 ] && return
  say "apt-get install ${need[*]}"
  as_root apt-get -qq update
  DEBIAN_FRONTEND=noninteractive as_root apt-get -qq -y --no-install-recommends install "${need[@]}" > "$cache/apt.log" 2>&1 \
    || { tail -20 "$cache/apt.log"; return 1; }
}

install_python() {
  local files=("$here"/python/requirements{,-former}.txt)
  stamped python "${files[@]}" && return
  say 'python: kafka-python (today and 2.0.2), confluent-kafka, aiokafka'
  rm -rf "$cache/python" "$cache/python-former"
  python3 -m venv "$cache/python"
  "$cache/python/bin/pip" install -q --only-binary :all: -r "${files[0]}"
  python3 -m venv "$cache/python-former"
  "$cache/python-former/bin/pip" install -q --only-binary :all: -r "${files[1]}"
  stamp python "${files[@]}"
}

install_go() {
  local files=("$here"/go/{go,former}.{mod,sum} "$here"/go/*/*.go "$here"/monitoring/{go.mod,go.sum,main.go})
  stamped go "${files[@]}" && return
  say "go: franz-go, sarama, segmentio/kafka-go (today and former), and Prometheus' checks of metrics and rules"
  mkdir -p "$cache/go/former"
  (cd "$here/go" && go build -o "$cache/go/" ./...)
  (cd "$here/go" && go build -modfile=former.mod -tags=former -o "$cache/go/former/" ./kafka-go-0.2 ./sarama ./franz)
  (cd "$here/monitoring" && go build -o "$cache/go/monitoring" .)
  stamp go "${files[@]}"
}

# maven_libs POM DIR : the runtime jars of POM
maven_libs() {
  rm -rf "$2"
  mvn -q -B -f "$1" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$2"
}

install_java() {
  local files=("$here/java/clients-pom.xml" "$here"/java/*.java)
  stamped java "${files[@]}" && return
  say 'java: kafka-clients 4.4.0'
  maven_libs "$here/java/clients-pom.xml" "$cache/java/libs"
  rm -rf "$cache/java/classes"
  javac -nowarn -d "$cache/java/classes" -cp "$cache/java/libs/*" "$here"/java/*.java
  stamp java "${files[@]}"
}

# What Kafka 4 dropped of the protocol is compared with the last clients that had it.
install_java39() {
  stamped java39 "$here/java/clients-3.9-pom.xml" && return
  say 'java39: kafka-clients 3.9.1'
  maven_libs "$here/java/clients-3.9-pom.xml" "$cache/java39"
  stamp java39 "$here/java/clients-3.9-pom.xml"
}

# Java clients of ten years: one program is compiled with each from 0.9 on, and one with what there was in 0.8.
install_old() {
  local files=("$here"/java/old{,est}-clients-pom.xml "$here"/java/old/{ScenarioSupport,Old*Scenarios}.java) version
  stamped old "${files[@]}" && return
  say 'old: Kafka 0.8 and kafka-clients 0.9 to 2.8'
  rm -rf "$cache/old"
  for version in 0.8.2.2 0.9.0.1 0.10.0.1 0.10.2.2 1.0.2 2.0.1 2.8.2; do
    local pom=old program=Old
    [ "$version" != 0.8.2.2 ] || pom=oldest program=Oldest
    mkdir -p "$cache/old/$version"
    mvn -q -B -f "$here/java/$pom-clients-pom.xml" -Dclients.version="$version" \
      org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$cache/old/$version/libs"
    javac -nowarn -d "$cache/old/$version/classes" -cp "$cache/old/$version/libs/*" \
      "$here/java/old/ScenarioSupport.java" "$here/java/old/${program}ClientScenarios.java" 2> "$cache/old/javac.log" \
      || { cat "$cache/old/javac.log"; return 1; }
  done
  stamp old "${files[@]}"
}

# Kafka Streams stops at 4.3.1 as well, and brings clients of its own version.
install_streams() {
  local files=("$here/java/streams-pom.xml" "$here"/java/streams/*.java)
  stamped streams "${files[@]}" && return
  say 'streams: Kafka Streams 4.3.1'
  maven_libs "$here/java/streams-pom.xml" "$cache/streams/libs"
  rm -rf "$cache/streams/classes"
  javac -nowarn -d "$cache/streams/classes" -cp "$cache/streams/libs/*" "$here"/java/streams/*.java
  stamp streams "${files[@]}"
}

install_tools() {
  stamped tools "$here/java/tools-pom.xml" && return
  say "tools: Kafka's command-line tools 4.3.1"
  maven_libs "$here/java/tools-pom.xml" "$cache/tools"
  stamp tools "$here/java/tools-pom.xml"
}

install_connect() {
  stamped connect "$here/java/connect-pom.xml" && return
  say 'connect: Kafka Connect and MirrorMaker 4.3.1'
  maven_libs "$here/java/connect-pom.xml" "$cache/connect"
  stamp connect "$here/java/connect-pom.xml"
}

# Apache Kafka itself: the oracle of the differential test and the rival of the benchmark.
install_kafka() {
  stamped kafka "$here/java/kafka-pom.xml" && return
  say 'kafka: Apache Kafka 4.4.0'
  maven_libs "$here/java/kafka-pom.xml" "$cache/kafka"
  stamp kafka "$here/java/kafka-pom.xml"
}

# Headers of the very Node that runs the tests, for what is compiled against it.
node_headers() {
  local headers="$cache/node-headers" node_package
  node_package=$(compgen -G "$here/../../node_modules/node/node_modules/node-linux-*" | head -1)
  [ -n "$node_package" ] || { say 'run npm ci first'; return 1; }
  rm -rf "$headers"
  mkdir -p "$headers"
  cp -r "$node_package/include" "$headers/"
  cp "$headers/include/node/common.gypi" "$headers/include/node/config.gypi" "$headers/"
}

# npm_folder NAME NPM_ARGUMENT... : what test/conformance/NAME/package.json names, in a folder of its own
npm_folder() {
  local name=$1; shift
  rm -rf "${cache:?}/$name"
  mkdir -p "$cache/$name"
  cp "$here/$name/package.json" "$here/$name/package-lock.json" "$cache/$name/"
  (cd "$cache/$name" && PATH="$(cd "$here/../.." && pwd)/node_modules/.bin:$PATH" npm_config_nodedir="$cache/node-headers" \
    npm ci --no-audit --no-fund --loglevel=error "$@" > "$cache/$name.log" 2>&1) || { tail -40 "$cache/$name.log"; return 1; }
}

# A Node binding of librdkafka. Its prebuilt binary is not in the npm registry, so it is compiled here.
install_confluent() {
  local files=("$here/confluent/package.json" "$here/confluent/package-lock.json")
  stamped confluent "${files[@]}" && return
  say 'confluent: @confluentinc/kafka-javascript from source (about a minute)'
  node_headers
  CKJS_LINKING=dynamic npm_folder confluent --build-from-source
  stamp confluent "${files[@]}"
}

# The older one, with Debian's librdkafka.
install_rdkafka() {
  local files=("$here/rdkafka/package.json" "$here/rdkafka/package-lock.json")
  stamped rdkafka "${files[@]}" && return
  say 'rdkafka: node-rdkafka from source (half a minute)'
  node_headers
  BUILD_LIBRDKAFKA=0 JOBS=2 npm_folder rdkafka
  stamp rdkafka "${files[@]}"
}

# Clients for Node in JavaScript alone: former releases, and one that few use.
install_former() {
  local files=("$here/former/package.json" "$here/former/package-lock.json")
  stamped former "${files[@]}" && return
  say 'former: kafka-node, kafkajs 1.x, no-kafka, kafka-ts'
  npm_folder former --ignore-scripts --omit=optional
  stamp former "${files[@]}"
}

[ $# -gt 0 ] || set -- system python go java java39 old streams tools connect kafka confluent rdkafka former
for component in "$@"; do
  case $component in
    system | python | go | java | java39 | old | streams | tools | connect | kafka | confluent | rdkafka | former) "install_$component" ;;
    *) say "unknown component: $component"; exit 2 ;;
  esac
done
say "installed: $*"
