/** `walka [settings file] [flags]`: runs a broker until a signal ends it. */
import { existsSync } from 'node:fs';
import { isatty } from 'node:tty';
import { systemClock } from '../base/clock.ts';
import { shrinkHeap } from '../base/heap.ts';
import { releaseWhenIdle } from '../base/idle-memory.ts';
import type { LogFormat, LogLevel } from '../base/logger.ts';
import { createPinoLogger, type OwnedLogger } from '../base/pino-logger.ts';
import { isError } from '../base/realms.ts';
import type { BrokerConfig, Listener } from '../config/broker-config.ts';
import { IMAGE_VARIABLE } from '../config/images/in-image.ts';
import { BROKER_FLAGS, parseArguments } from './args.ts';
import { type Configuration, loadConfiguration } from './configuration.ts';
import { ExitCode } from './exit-codes.ts';
import { startFailure } from './failures.ts';
import type { StartBroker, StartedBroker } from './running-broker.ts';

function place({ host, port }: Listener): string {
  return `${host === '' ? '*' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

function durabilityText(config: BrokerConfig): string {
  if (config.dataDir === null) return `in memory, at most ${config.int('walka.memory.max.bytes')} bytes`;
  return `in ${config.dataDir} (durability ${config.string('walka.durability')})`;
}

/** Lines about the configuration that somebody should know of. */
function logConfiguration(logger: OwnedLogger, { config, ignored, warnings }: Configuration): void {
  for (const { event, text } of warnings) logger.warn(event, text);
  if (ignored.length > 0) {
    logger.info('settings-without-effect', `Accepted, without effect here: ${ignored.join(', ')}`);
  }
  const inContainer = existsSync('/.dockerenv') || existsSync('/run/.containerenv');
  const reachable = config.listeners.some(({ host }) => !/^(127\.|::1$|localhost$)/.test(host));
  const advertises = config.advertisedListeners.size > 0 || config.text('walka.advertised.host') !== null;
  if (inContainer && reachable && !advertises) {
    logger.warn(
      'advertised-listeners-missing',
      'In a container without advertised.listeners, clients outside are told its inner address; set ' +
        'KAFKA_ADVERTISED_LISTENERS, for example to PLAINTEXT://localhost:9092',
    );
  }
}

function logStart(logger: OwnedLogger, version: string, config: BrokerConfig, broker: StartedBroker): void {
  const places = (of: readonly Listener[]): string => of.map((one) => `${one.name} ${place(one)}`).join(', ');
  const where = places(broker.listeners);
  const controllers = places(broker.controllerListeners);
  const controller = controllers === '' ? '' : `, --bootstrap-controller on ${controllers}`;
  const metrics = broker.metricsPort === null ? '' : `, metrics on port ${broker.metricsPort}`;
  logger.info(
    'started',
    `Walka ${version} serves Kafka clients on ${where}${controller}${metrics}; data ${durabilityText(config)}`,
    {
      clusterId: broker.clusterId,
      nodeId: config.nodeId,
      pid: process.pid,
    },
  );
}

/**
 * What tools wait for in the log of Kafka's images: Testcontainers' modules, and scripts. Where a script of such an image
 * started this.
 */
function logKafkaWords(logger: OwnedLogger, config: BrokerConfig): void {
  if (process.env[IMAGE_VARIABLE] !== 'kafka') return;
  const words = 'Kafka Server started, Transitioning from RECOVERY to RUNNING';
  logger.info('kafka-words', `[KafkaServer id=${config.nodeId}] started, as Kafka's log has it: ${words}`);
}

/** Resolves with what ends the broker: a signal's name, or the error of a journal that failed. */
function untilTheEnd(): { readonly ended: Promise<string | Error>; fail(error: Error): void } {
  const { promise, resolve } = Promise.withResolvers<string | Error>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  // A terminal that closes ends what runs in it. Without one this is a daemon: nohup has SIGHUP ignored, which Node undoes.
  if ([0, 1, 2].some((fd) => isatty(fd))) process.once('SIGHUP', resolve);
  else process.on('SIGHUP', () => undefined);
  return { ended: promise, fail: resolve };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Runs a broker; gives the exit code once it has stopped. @throws ConfigError */
export async function run(argv: readonly string[], version: string, start: StartBroker): Promise<number> {
  const configuration = loadConfiguration(parseArguments(argv, BROKER_FLAGS), process.env);
  const { config, topics, clusterId } = configuration;
  const format = config.string('walka.log.format') as LogFormat;
  const logger = createPinoLogger({ level: config.string('walka.log.level') as LogLevel, format });
  const end = untilTheEnd();
  let broker: StartedBroker;
  try {
    broker = await start({ config, topics, clusterId, logger, onFailure: end.fail });
  } catch (error) {
    await logger.flush();
    const failure = startFailure(error, config);
    if (failure === null) throw error;
    process.stderr.write(`walka: ${failure}\n`);
    return ExitCode.CANNOT_START;
  }
  logConfiguration(logger, configuration);
  logStart(logger, version, config, broker);
  logKafkaWords(logger, config);
  await logger.open();
  releaseWhenIdle(systemClock, cpuMs, shrinkHeap);
  const ended = await end.ended;
  if (isError(ended)) {
    await logger.flush();
    process.stderr.write(`walka: stopped, as the journal cannot be written: ${ended.message}\n`);
    return ExitCode.JOURNAL_FAILED;
  }
  logger.info('stopping', `Stopping on ${ended}`);
  await broker.close();
  logger.info('stopped', 'Stopped');
  await logger.flush();
  return ExitCode.OK;
}
