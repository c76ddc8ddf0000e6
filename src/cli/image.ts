/** What holds in Walka's image where nobody says otherwise, and what is found there that other images look for, too. */
import { existsSync, readFileSync } from 'node:fs';

/** Settings files that apache/kafka and Bitnami's image read when somebody mounts them. */
const SETTINGS_FILES: readonly string[] = [
  '/etc/walka/server.properties',
  '/mnt/shared/config/server.properties',
  '/bitnami/kafka/config/server.properties',
];

/** Directories that files mount for data, of this image and of others, and where in them the data goes. */
const DATA_VOLUMES: readonly (readonly [mount: string, directory: string])[] = [
  ['/data', '/data'],
  ['/var/lib/kafka/data', '/var/lib/kafka/data'],
  ['/var/lib/kafka', '/var/lib/kafka/data'],
  ['/tmp/kraft-combined-logs', '/tmp/kraft-combined-logs'],
  ['/bitnami/kafka/data', '/bitnami/kafka/data'],
  ['/bitnami/kafka', '/bitnami/kafka/data'],
  ['/bitnami', '/bitnami/kafka/data'],
  ['/kafka', '/kafka/data'],
  ['/tmp/kafka-logs', '/tmp/kafka-logs'],
];

/** The settings file that somebody mounted where an image looks for one, or undefined. */
export function mountedSettingsFile(files: readonly string[] = SETTINGS_FILES): string | undefined {
  return files.find((file) => existsSync(file));
}

/** Where file systems are mounted, as Linux tells: the fifth field of each line, with spaces as \040. */
function mountPoints(mountInfo: string): ReadonlySet<string> {
  const fields = mountInfo.split('\n').map((line) => line.split(' ')[4] ?? '');
  return new Set(
    fields.map((path) => path.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)))),
  );
}

/**
 * The data directory: in the volume that somebody mounted for another image, so that data is where it is looked for and
 * kept; else in this image's own.
 */
function dataDirectory(mounts: ReadonlySet<string>): string {
  const [, ...others] = DATA_VOLUMES;
  return others.find(([mount]) => mounts.has(mount))?.[1] ?? '/data';
}

function readMountInfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}

/** Settings by name. */
export function imageDefaults(env: Readonly<Record<string, string | undefined>>): Map<string, string> {
  const defaults = new Map([
    ['listeners', 'PLAINTEXT://:9092'],
    ['log.dirs', dataDirectory(mountPoints(readMountInfo()))],
    ['walka.metrics.host', '0.0.0.0'],
    ['walka.metrics.port', '9644'],
  ]);
  // A pod's neighbours are on other networks: they are told its own address.
  if (!env['KUBERNETES_SERVICE_HOST']) defaults.set('walka.advertised.host', 'localhost');
  return defaults;
}
