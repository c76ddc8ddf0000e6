/*
 * The load generator of the benchmark, on librdkafka: the same program drives every broker. One mode a call, one JSON
 * line as the answer. Built by bench/generators/compiled.ts with the system's C compiler.
 *
 *   load produce   BOOTSTRAP TOPIC PARTITIONS RECORDS|SECONDSs SIZE CODEC ACKS
 *   load consume   BOOTSTRAP TOPIC PARTITIONS RECORDS
 *   load roundtrip BOOTSTRAP TOPIC RECORDS SIZE             one record in flight
 *   load openloop  BOOTSTRAP TOPIC PARTITIONS RATE SECONDS SIZE
 *
 * Before the mode, each `-X name=value` is a setting of librdkafka.
 *
 * openloop sends by the clock, whatever the answers do, and measures every latency from the moment at which a record was
 * due, so a stall of the broker is seen by all records that it delays. The first two seconds warm up.
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WARM_UP_S 2
#define MAX_ROW 1000
#define ROW_BYTES 1000000
#define DEADLINE_NS (300LL * 1000000000LL)

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "load: %s: %s\n", what, why);
  exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char error[512];
  if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) fail(name, error);
}

/* Of the command line: name and value in turn. */
#define MAX_SETTINGS 16
static char *settings[MAX_SETTINGS * 2];
static int setting_count;

static void keep_setting(char *text) {
  char *value = strchr(text, '=');
  if (!value || setting_count == MAX_SETTINGS) fail("usage", "-X name=value, a few of them");
  *value = 0;
  settings[2 * setting_count] = text, settings[2 * setting_count++ + 1] = value + 1;
}

static rd_kafka_conf_t *configuration(const char *bootstrap) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", bootstrap);
  for (int i = 0; i < setting_count; i++) set(conf, settings[2 * i], settings[2 * i + 1]);
  set(conf, "log.connection.close", "false");
  set(conf, "socket.nagle.disable", "true");
  return conf;
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
  char error[512];
  rd_kafka_t *rk = rd_kafka_new(type, conf, error, sizeof error);
  if (!rk) fail("client", error);
  return rk;
}

/* Bytes that do not compress, or (for a codec) text-like bytes that compress about fourfold. */
static void fill(char *buffer, size_t size, int compressible) {
  uint64_t x = 88172645463325252ULL;
  for (size_t i = 0; i < size; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    buffer[i] = compressible && i % 8 ? "walkaKaf"[i % 8] : (char)x;
  }
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void print_latencies(const char *name, double *ms, size_t count) {
  qsort(ms, count, sizeof *ms, compare);
  printf("\"%sP50Ms\":%.4f,\"%sP99Ms\":%.4f,\"%sP999Ms\":%.4f,\"%sMaxMs\":%.4f", name, ms[count / 2], name, ms[count * 99 / 100], name, ms[count * 999 / 1000], name,
         ms[count - 1]);
}

/* ---- produce ---- */

static int64_t delivered, failed;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk, (void)opaque;
  if (message->err) {
    if (!failed++) fprintf(stderr, "load: delivery: %s\n", rd_kafka_err2str(message->err));
  } else {
    delivered++;
  }
}

static void produce(const char *bootstrap, const char *topic, int partitions, const char *limit, size_t size, const char *codec, const char *acks) {
  int64_t records = INT64_MAX, limit_ns = INT64_MAX;
  if (limit[strlen(limit) - 1] == 's') limit_ns = (int64_t)(atof(limit) * 1e9);
  else records = atoll(limit);
  rd_kafka_conf_t *conf = configuration(bootstrap);
  set(conf, "acks", acks);
  set(conf, "linger.ms", "5");
  set(conf, "batch.size", "1000000");
  set(conf, "batch.num.messages", "100000");
  set(conf, "queue.buffering.max.messages", "500000");
  set(conf, "queue.buffering.max.kbytes", "131072");
  set(conf, "compression.codec", codec);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
  char *payload = malloc(size * 2);
  fill(payload, size * 2, strcmp(codec, "none") != 0);
  const struct rd_kafka_metadata *metadata;
  if (rd_kafka_metadata(rk, 0, rkt, &metadata, 30000)) fail("produce", "no metadata");
  int64_t start = now_ns();
  /* Records in a row for one partition: about a batch. */
  int64_t i = 0, row = size * MAX_ROW > ROW_BYTES ? (int64_t)(ROW_BYTES / size) : MAX_ROW;
  while (i < records) {
    if (limit_ns != INT64_MAX && now_ns() - start >= limit_ns) {
      records = i;
      break;
    }
    int partition = (int)((i / row) % partitions);
    if (rd_kafka_produce(rkt, partition, 0, payload + i % size, size, NULL, 0, NULL) == 0) {
      if (++i % row == 0) rd_kafka_poll(rk, 0);
    } else if (errno == ENOBUFS) {
      rd_kafka_poll(rk, 5);
    } else {
      fail("produce", rd_kafka_err2str(rd_kafka_last_error()));
    }
  }
  while (delivered + failed < records && now_ns() - start < DEADLINE_NS) rd_kafka_poll(rk, 50);
  double seconds = (now_ns() - start) / 1e9;
  if (failed || delivered < records) fail("produce", "not every record was acknowledged");
  printf("{\"seconds\":%.4f,\"bytes\":%lld,\"records\":%lld}\n", seconds, (long long)(records * size), (long long)records);
}

/* ---- consume ---- */

static void consume(const char *bootstrap, const char *topic, int partitions, int64_t records) {
  rd_kafka_conf_t *conf = configuration(bootstrap);
  set(conf, "group.id", "bench");
  set(conf, "enable.auto.commit", "false");
  set(conf, "auto.offset.reset", "earliest");
  set(conf, "queued.min.messages", "1000000");
  set(conf, "queued.max.messages.kbytes", "262144");
  set(conf, "fetch.message.max.bytes", "4194304");
  set(conf, "fetch.max.bytes", "52428800");
  set(conf, "check.crcs", "false");
  rd_kafka_t *rk = client(RD_KAFKA_CONSUMER, conf);
  rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
  rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
  for (int p = 0; p < partitions; p++)
    if (rd_kafka_consume_start_queue(rkt, p, RD_KAFKA_OFFSET_BEGINNING, queue)) fail("consume", "start");
  static rd_kafka_message_t *messages[10000];
  int64_t seen = 0, bytes = 0, begun = now_ns(), first = 0, first_bytes = 0;
  while (seen < records) {
    ssize_t count = rd_kafka_consume_batch_queue(queue, 200, messages, 10000);
    if (count > 0 && !first) first = now_ns();
    for (ssize_t i = 0; i < count; i++) {
      if (!messages[i]->err) seen++, bytes += messages[i]->len;
      else if (messages[i]->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) fail("consume", rd_kafka_message_errstr(messages[i]));
      rd_kafka_message_destroy(messages[i]);
    }
    if (first && !first_bytes) first_bytes = bytes;
    if (now_ns() - begun > DEADLINE_NS) fail("consume", "not every record came");
  }
  int64_t end = now_ns();
  /* Timed from the first records on: before that the client looks for the topic, which takes it half a second. */
  printf("{\"seconds\":%.4f,\"timedBytes\":%lld,\"bytes\":%lld,\"records\":%lld,\"firstAfterMs\":%.1f}\n", (end - first) / 1e9, (long long)(bytes - first_bytes),
         (long long)bytes, (long long)seen, (first - begun) / 1e6);
}

/* ---- roundtrip ---- */

static volatile int answered;

static void on_answer(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk, (void)opaque;
  if (message->err) fail("roundtrip", rd_kafka_err2str(message->err));
  answered = 1;
}

static void roundtrip(const char *bootstrap, const char *topic, int records, size_t size) {
  rd_kafka_conf_t *conf = configuration(bootstrap);
  set(conf, "acks", "all");
  set(conf, "linger.ms", "0");
  rd_kafka_conf_set_dr_msg_cb(conf, on_answer);
  rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
  char *payload = malloc(size);
  fill(payload, size, 0);
  int warm_up = records / 5;
  double *ms = malloc(sizeof *ms * records);
  for (int i = -warm_up; i < records; i++) {
    answered = 0;
    int64_t start = now_ns();
    if (rd_kafka_produce(rkt, 0, 0, payload, size, NULL, 0, NULL)) fail("roundtrip", rd_kafka_err2str(rd_kafka_last_error()));
    while (!answered) {
      rd_kafka_poll(rk, 100);
      if (now_ns() - start > DEADLINE_NS) fail("roundtrip", "no answer");
    }
    if (i >= 0) ms[i] = (now_ns() - start) / 1e6;
  }
  printf("{");
  print_latencies("roundTrip", ms, records);
  printf("}\n");
}

/* ---- openloop ---- */

struct open_loop {
  double *ack, *end_to_end;
  size_t acks, ends, expected;
  int64_t measured_from;
};
static struct open_loop loop;

static void on_open_answer(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk, (void)opaque;
  if (message->err) fail("openloop", rd_kafka_err2str(message->err));
  int64_t due;
  memcpy(&due, message->payload, sizeof due);
  if (due >= loop.measured_from) loop.ack[loop.acks++] = (now_ns() - due) / 1e6;
}

static void *poll_forever(void *rk) {
  for (;;) rd_kafka_poll(rk, 100);
  return NULL;
}

struct reader {
  rd_kafka_t *rk;
  rd_kafka_queue_t *queue;
};

static void *read_forever(void *argument) {
  struct reader *reader = argument;
  for (;;) {
    rd_kafka_message_t *message = rd_kafka_consume_queue(reader->queue, 100);
    if (!message) continue;
    if (!message->err && message->len >= sizeof(int64_t)) {
      int64_t due, now = now_ns();
      memcpy(&due, message->payload, sizeof due);
      if (due >= loop.measured_from && loop.ends < loop.expected) loop.end_to_end[loop.ends++] = (now - due) / 1e6;
    }
    rd_kafka_message_destroy(message);
  }
  return NULL;
}

static void openloop(const char *bootstrap, const char *topic, int partitions, int rate, int seconds, size_t size) {
  rd_kafka_conf_t *conf = configuration(bootstrap);
  set(conf, "acks", "all");
  set(conf, "linger.ms", "0");
  rd_kafka_conf_set_dr_msg_cb(conf, on_open_answer);
  rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t *out = rd_kafka_topic_new(producer, topic, NULL);
  conf = configuration(bootstrap);
  set(conf, "group.id", "bench");
  set(conf, "enable.auto.commit", "false");
  set(conf, "fetch.min.bytes", "1");
  set(conf, "fetch.wait.max.ms", "500");
  struct reader reader = {client(RD_KAFKA_CONSUMER, conf), NULL};
  reader.queue = rd_kafka_queue_new(reader.rk);
  rd_kafka_topic_t *in = rd_kafka_topic_new(reader.rk, topic, NULL);
  for (int p = 0; p < partitions; p++)
    if (rd_kafka_consume_start_queue(in, p, RD_KAFKA_OFFSET_END, reader.queue)) fail("openloop", "start");
  int64_t total = (int64_t)rate * (seconds + WARM_UP_S);
  loop.expected = (size_t)rate * seconds;
  loop.ack = malloc(sizeof(double) * (loop.expected + 1));
  loop.end_to_end = malloc(sizeof(double) * (loop.expected + 1));
  char *payload = malloc(size);
  fill(payload, size, 0);
  struct timespec settle = {2, 0};
  nanosleep(&settle, NULL);
  int64_t start = now_ns(), step = 1000000000LL / rate;
  loop.measured_from = start + WARM_UP_S * 1000000000LL;
  pthread_t thread;
  pthread_create(&thread, NULL, poll_forever, producer);
  pthread_create(&thread, NULL, read_forever, &reader);
  for (int64_t i = 0; i < total; i++) {
    int64_t due = start + i * step;
    struct timespec at = {due / 1000000000LL, due % 1000000000LL};
    if (due > now_ns()) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    memcpy(payload, &due, sizeof due);
    while (rd_kafka_produce(out, (int)(i % partitions), RD_KAFKA_MSG_F_COPY, payload, size, NULL, 0, NULL)) {
      if (errno != ENOBUFS) fail("openloop", rd_kafka_err2str(rd_kafka_last_error()));
    }
  }
  int64_t deadline = now_ns() + 30LL * 1000000000LL;
  struct timespec pause = {0, 20000000};
  while ((loop.acks < loop.expected || loop.ends < loop.expected) && now_ns() < deadline) nanosleep(&pause, NULL);
  size_t slack = loop.expected / 1000 + 1; /* records due in the very instant of the bound */
  if (loop.acks + slack < loop.expected || loop.ends + slack < loop.expected) fail("openloop", "records are missing");
  printf("{\"records\":%zu,", loop.ends);
  print_latencies("ack", loop.ack, loop.acks);
  printf(",");
  print_latencies("endToEnd", loop.end_to_end, loop.ends);
  printf("}\n");
}

int main(int argc, char **argv) {
  while (argc > 2 && !strcmp(argv[1], "-X")) keep_setting(argv[2]), argc -= 2, argv += 2;
  if (argc < 4) fail("usage", "see the head of load.c");
  const char *mode = argv[1], *bootstrap = argv[2], *topic = argv[3];
  if (!strcmp(mode, "produce") && argc == 9) produce(bootstrap, topic, atoi(argv[4]), argv[5], strtoul(argv[6], NULL, 10), argv[7], argv[8]);
  else if (!strcmp(mode, "consume") && argc == 6) consume(bootstrap, topic, atoi(argv[4]), atoll(argv[5]));
  else if (!strcmp(mode, "roundtrip") && argc == 6) roundtrip(bootstrap, topic, atoi(argv[4]), strtoul(argv[5], NULL, 10));
  else if (!strcmp(mode, "openloop") && argc == 8) openloop(bootstrap, topic, atoi(argv[4]), atoi(argv[5]), atoi(argv[6]), strtoul(argv[7], NULL, 10));
  else fail("usage", "see the head of load.c");
  fflush(stdout);
  _Exit(0); /* the clients' threads need no orderly end */
}
