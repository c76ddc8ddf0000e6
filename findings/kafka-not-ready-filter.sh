#!/usr/bin/env bash
# A streams group whose topology reads a topic that is missing has the state NotReady: ListGroups shows it by that name, and
# the filter of ListGroups takes the names of states in any case. But not this one. What it compares with is the name of a
# constant, not_ready, and the state of the group as the same answer spells it finds nothing. Kafka's own Admin sends it as
# spelled: listGroups with GroupState.NOT_READY returns an empty list, without an error, while the group is listed as
# NotReady when no filter is given. A monitor that asks for groups that are not ready is told there are none.
#
# Versions: Apache Kafka 4.4.0 and its own Admin client; heartbeats and ListGroups v5 built with its own classes. Needs
# bash, JDK 17, Maven.
# Seen 2026-11-30: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='Admin, any state: [complete Assigning, incomplete NotReady]
Admin, Assigning: [complete Assigning]
Admin, NotReady: []
ListGroups, Assigning: [complete Assigning]
ListGroups, ASSIGNING: [complete Assigning]
ListGroups, NotReady: []
ListGroups, NOTREADY: []
ListGroups, not_ready: [incomplete NotReady]
ListGroups, NOT_READY: [incomplete NotReady]'

# One Kafka broker on free ports, with its data in the temporary folder.
cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
POM
mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DincludeScope=runtime -DoutputDirectory=libs
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)) && (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do :; done
  echo "$port"
}
bootstrap=127.0.0.1:$(free_port) controller=127.0.0.1:$(free_port)
cat > server.properties <<SETTINGS
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@$controller
listeners=PLAINTEXT://$bootstrap,CONTROLLER://$controller
advertised.listeners=PLAINTEXT://$bootstrap
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$work/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
cat > NotReady.java <<'JAVA'
import java.io.*;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.*;

class NotReady {
  static DataInputStream in;
  static DataOutputStream out;

  static void connect(String bootstrap) throws Exception {
    Socket socket = new Socket("127.0.0.1", Integer.parseInt(bootstrap.split(":")[1]));
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(socket.getOutputStream());
  }

  /** One request of this version, and its answer. */
  @SuppressWarnings("unchecked")
  static <R extends AbstractResponse> R call(AbstractRequest.Builder<?> builder, int version) throws Exception {
    AbstractRequest request = builder.build((short) version);
    RequestHeader header = new RequestHeader(request.apiKey(), (short) version, "finding", 0);
    ByteBuffer bytes = request.serializeWithHeader(header);
    out.writeInt(bytes.remaining());
    out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    return (R) AbstractResponse.parseResponse(ByteBuffer.wrap(in.readNBytes(in.readInt())), header);
  }

  /** Makes the broker load its coordinator of groups (type 0) or transactions (1). */
  static void find(int type) throws Exception {
    var data = new FindCoordinatorRequestData().setKeyType((byte) type).setCoordinatorKeys(List.of("any"));
    FindCoordinatorResponse answer;
    do {
      Thread.sleep(100);
      answer = call(new FindCoordinatorRequest.Builder(data), 6);
    } while (answer.data().coordinators().get(0).errorCode() != 0);
  }

  /** A member of a streams group joins, with a topology that reads this topic. */
  static void join(String group, String topic) throws Exception {
    var subtopology = new StreamsGroupHeartbeatRequestData.Subtopology().setSubtopologyId("0").setSourceTopics(List.of(topic));
    var topology = new StreamsGroupHeartbeatRequestData.Topology().setSubtopologies(List.of(subtopology));
    var data = new StreamsGroupHeartbeatRequestData().setGroupId(group).setMemberId("member").setMemberEpoch(0);
    data.setRebalanceTimeoutMs(60_000).setTopology(topology).setProcessId("process");
    data.setActiveTasks(List.of()).setStandbyTasks(List.of()).setWarmupTasks(List.of());
    StreamsGroupHeartbeatResponse answer;
    do {
      answer = call(new StreamsGroupHeartbeatRequest.Builder(data), 1);
    } while (answer.data().errorCode() == Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
    if (answer.data().errorCode() != 0) throw new IllegalStateException(answer.data().toString());
  }

  static void admin(Admin admin, String title, Set<GroupState> states) throws Exception {
    var found = new TreeSet<String>();
    var options = ListGroupsOptions.forStreamsGroups().inGroupStates(states);
    admin.listGroups(options).all().get().forEach(group -> found.add(group.groupId() + " " + group.groupState().get()));
    System.out.println("Admin, " + title + ": " + found);
  }

  static void list(String state) throws Exception {
    var data = new ListGroupsRequestData().setStatesFilter(List.of(state));
    ListGroupsResponse answer = call(new ListGroupsRequest.Builder(data), 5);
    var found = new TreeSet<String>();
    answer.data().groups().forEach(group -> found.add(group.groupId() + " " + group.groupState()));
    System.out.println("ListGroups, " + state + ": " + found);
  }

  public static void main(String[] args) throws Exception {
    connect(args[0]);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
      admin.createTopics(List.of(new NewTopic("topic", 1, (short) 1))).all().get();
      find(0);
      join("complete", "topic");
      join("incomplete", "missing");
      Thread.sleep(1000);
      admin(admin, "any state", Set.of());
      admin(admin, "Assigning", Set.of(GroupState.ASSIGNING));
      admin(admin, "NotReady", Set.of(GroupState.NOT_READY));
    }
    for (String state : List.of("Assigning", "ASSIGNING", "NotReady", "NOTREADY", "not_ready", "NOT_READY")) list(state);
  }
}
JAVA
seen=$(timeout 120 java -cp 'libs/*' NotReady.java "$bootstrap" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
