/**
 * Makes a catalog anew from what the journal says, for `walka catalog rebuild`: offline, with the directory's lock held.
 * The old files are copied aside and nothing of the journal is given up: streams with records that nobody names become
 * topics of their own.
 */
import { existsSync } from 'node:fs';
import { copyFile, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { crc32c } from '../../../protocol/crc32c.ts';
import type { Logger } from '../../base/logger.ts';
import { type Random, randomUuid } from '../../base/random.ts';
import { type Engine, openEngine } from '../open-engine.ts';
import { isNoSpace } from '../files/files.ts';
import { decodeFileHeader, FILE_HEADER_BYTES, journalFileName, sequenceOfName } from '../format/format.ts';
import { nodeFiles } from '../files/node-files.ts';
import { JOURNAL_FOLDER, SEGMENTS_FOLDER } from '../options.ts';
import { StorageError } from '../types.ts';
import { CatalogError } from '../catalog/catalog-error.ts';
import { CATALOG_FILE } from '../catalog/catalog-file.ts';
import { encodeImage, JournalCopy } from '../catalog/journal-copy.ts';
import { isOfOther } from '../catalog/check.ts';
import { CatalogState } from '../catalog/state.ts';
import type { PublishedSegments, SegmentChange } from '../convert/publication.ts';
import { segmentOfName } from '../segment/descriptor.ts';
import { logCatalog } from './kind.ts';
import { completeFromJournal } from './state.ts';
import { type CatalogRows, digestOf, type StoredRow } from '../catalog/rows.ts';
import { publishedSegments, segmentRows } from '../catalog/segment-rows.ts';
import { SqliteDatabase } from '../catalog/sqlite-database.ts';
import { toCatalogError } from '../catalog/sqlite-errors.ts';
import { lockDirectory } from '../catalog/directory-lock.ts';
import { closeQuietly, createDatabase, openExclusively, upgrade } from '../catalog/sqlite-schema.ts';

export interface RebuildOptions {
  readonly dataDir: string;
  readonly logger: Logger;
  readonly random: Random;
  /** Without, a segment that is lost refuses. */
  readonly segments?: SegmentsToRepair;
  /** Sequences of journal files that are lost; without, one that is lost refuses. */
  readonly givenUpFiles?: ReadonlySet<number>;
}

/** Deals with lost and damaged segments while the catalog is made. */
export interface SegmentsToRepair {
  /** What is to change of what is published, with all new files on the device; null: nothing. */
  change(published: PublishedSegments, clusterId: string): Promise<SegmentChange | null>;
  /** Called with the segments open, to have the journal know what is not there any more. */
  settle(engine: Engine, rows: readonly StoredRow[]): Promise<void>;
}

export interface RebuiltCatalog {
  readonly topicCount: number;
  /** Topics made for streams that nobody named. */
  readonly recovered: readonly string[];
  /** Where the old files are, unless there were none. */
  readonly aside: readonly string[];
}

/** Files of the old catalog, as far as there are any. */
const OLD_FILES: readonly string[] = [CATALOG_FILE, `${CATALOG_FILE}-wal`];
const NEW_FILE = `${CATALOG_FILE}.new`;

/** The old catalog while it is locked. */
interface OldCatalog {
  readonly db: DatabaseSync | null;
  /** What it holds if it is sound. */
  readonly rows: CatalogRows | null;
}

/** Copies the old files, and adds the names of the copies to `aside` before they are made. */
async function copyAside(dataDir: string, aside: string[]): Promise<void> {
  const names = new Set(await readdir(dataDir));
  let ending = '.broken';
  for (let i = 1; OLD_FILES.some((name) => names.has(name + ending)); i++) ending = `.broken.${i}`;
  for (const name of OLD_FILES.filter((old) => names.has(old))) {
    aside.push(name + ending);
    await copyFile(join(dataDir, name), join(dataDir, name + ending));
  }
}

/** Locks the old catalog and reads it, if that can be; a damaged one says nothing. @throws CatalogError LOCKED */
function openOld(file: string): OldCatalog {
  if (!existsSync(file)) return { db: null, rows: null };
  let db: DatabaseSync | null = null;
  try {
    db = openExclusively(file);
    // Undone below: the old file stays of its version.
    upgrade(db, file, false);
    const rows = new SqliteDatabase(db).load();
    db.exec('ROLLBACK');
    return { db, rows };
  } catch (error) {
    const failure = toCatalogError(error, file);
    if (failure.code === 'LOCKED' || failure.code === 'TOO_NEW') {
      if (db !== null) closeQuietly(db);
      throw failure;
    }
    if (db?.isTransaction === true) db.exec('ROLLBACK');
    return { db, rows: null };
  }
}

/** The cluster whose journal this is. */
export async function clusterOfJournal(dataDir: string): Promise<string> {
  const folder = join(dataDir, JOURNAL_FOLDER);
  const names = existsSync(folder) ? await readdir(folder) : [];
  const sequences = names.map(sequenceOfName).filter((sequence) => sequence !== undefined);
  for (const sequence of sequences.sort((a, b) => b - a)) {
    const file = await nodeFiles.open(join(folder, journalFileName(sequence)), 'read');
    const bytes = Buffer.alloc(FILE_HEADER_BYTES);
    await file.read(bytes, 0).finally(() => file.close());
    const header = decodeFileHeader(bytes, crc32c);
    if (header !== null) return header.clusterId;
  }
  throw new CatalogError('NOT_FOUND', `${dataDir} has no journal to make a catalog from.`);
}

/** What the journal's copy has; null when there is none, or it cannot be read. */
async function readCopy(copy: JournalCopy): Promise<CatalogRows | null> {
  try {
    const state = await copy.replay();
    return state === null ? null : { cluster: state.cluster(), rows: [...state.rows()], end: null };
  } catch (error) {
    if (error instanceof StorageError && error.code === 'CORRUPT') return null;
    throw error;
  }
}

/** The newer of what the journal's copy and the old catalog have; the copy's where they contradict each other. */
function newer(copy: CatalogRows | null, old: CatalogRows | null, clusterId: string): CatalogRows | null {
  const ofCluster = old?.cluster.id === clusterId ? old : null;
  if (copy === null || ofCluster === null) return copy ?? ofCluster;
  const isAhead = ofCluster.cluster.generation > copy.cluster.generation || !isWhole(copy);
  return isAhead && !isOfOther(ofCluster.rows, copy.rows) ? ofCluster : copy;
}

/** False where changes are missing that the full disk had no room for. */
function isWhole({ cluster, rows }: CatalogRows): boolean {
  return digestOf(rows) === cluster.digest;
}

function writeNew(file: string, made: CatalogRows): void {
  const db = createDatabase(file);
  try {
    const database = new SqliteDatabase(db);
    database.begin(made.cluster, made.end);
    database.apply({ cluster: made.cluster, put: made.rows, remove: [] });
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}

/** Bytes that a new catalog takes besides what the old one did. */
const MORE_BYTES = 128 * 1024;

/** Takes the space for the new catalog before the engine, which has uses for whatever is free. */
async function claimSpace(dataDir: string): Promise<void> {
  let bytes = MORE_BYTES;
  for (const name of OLD_FILES) bytes += (await stat(join(dataDir, name)).catch(() => null))?.size ?? 0;
  await writeFile(join(dataDir, NEW_FILE), Buffer.alloc(bytes), { flush: true });
}

/** A full disk, with what can be done about it; any other error as it is. */
function toldIfFull(error: unknown, dataDir: string): unknown {
  const isFull = isNoSpace(error) || toCatalogError(error, '').code === 'DISK_FULL';
  if (!isFull) return error;
  const what = `No space left in ${dataDir} for a new catalog.db beside the old one`;
  const wayOut = 'Free some and do it again: catalog.reserve there only takes up space and may be deleted';
  return new CatalogError('DISK_FULL', `${what}. ${wayOut}.`, { cause: error });
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}

/** Nobody knows which segments count, and those that nobody names are deleted by the next start. */
async function refuseSegments(dataDir: string): Promise<void> {
  const folder = join(dataDir, SEGMENTS_FOLDER);
  const names = existsSync(folder) ? await readdir(folder) : [];
  if (!names.some((name) => segmentOfName(name) !== null)) return;
  const what = `${join(dataDir, CATALOG_FILE)} and the journal's copy of it are lost, and with them which files of ${folder} count`;
  const wayOut = 'Restore the directory from a copy, or go on without what is in them';
  throw new CatalogError('CORRUPT', `${what}. ${wayOut}: walka wal repair --data-dir ${dataDir}`);
}

/** The rows once a change of the segments is made. */
function withSegments({ cluster, rows, end }: CatalogRows, change: SegmentChange): CatalogRows {
  const state = new CatalogState(cluster);
  state.apply({ cluster, put: rows, remove: [] });
  state.apply({ cluster, ...segmentRows(state, change) });
  return { cluster, rows: [...state.rows()], end };
}

/** Makes the rows, and writes them to the journal as an image, so that both agree. */
async function makeRows(
  engine: Engine,
  old: CatalogRows | null,
  { dataDir, random, segments }: RebuildOptions,
  clusterId: string,
): Promise<{ made: CatalogRows; recovered: readonly string[] }> {
  const copy = new JournalCopy(engine);
  const stored = await readCopy(copy);
  const found = newer(stored, old, clusterId);
  if (found === null && segments === undefined) await refuseSegments(dataDir);
  const known = found ?? (await logCatalog(engine, clusterId));
  const change = await segments?.change(publishedSegments(known?.rows ?? []), clusterId);
  const base = known !== null && change ? withSegments(known, change) : known;
  await engine.openSegments(publishedSegments(base?.rows ?? []));
  await segments?.settle(engine, base?.rows ?? []);
  const { cluster, rows, recovered, leftovers } = await completeFromJournal(base, engine, clusterId, () =>
    randomUuid(random),
  );
  await Promise.all(leftovers.map((stream) => engine.deleteStream(stream)));
  await copy.rewrite(encodeImage(cluster, rows));
  return { made: { cluster, rows, end: null }, recovered };
}

/** Makes the new catalog, and puts it in the place of the old one. */
async function replace(
  options: RebuildOptions,
  clusterId: string,
  old: OldCatalog,
): Promise<Pick<RebuiltCatalog, 'topicCount' | 'recovered'>> {
  const { dataDir, logger } = options;
  const file = join(dataDir, CATALOG_FILE);
  const newFile = join(dataDir, NEW_FILE);
  await claimSpace(dataDir);
  const { givenUpFiles = new Set() } = options;
  const engine = await openEngine({ dataDir, clusterId, logger, givenUpFiles });
  const { made, recovered } = await makeRows(engine, old.rows, options, clusterId).finally(() => engine.close());
  await rm(newFile);
  writeNew(newFile, { ...made, end: engine.end });
  // What the old database leaves behind when it is closed is not the new one's.
  if (old.db !== null) closeQuietly(old.db);
  await rm(`${file}-wal`, { force: true });
  await rename(newFile, file);
  await syncDirectory(dataDir);
  return { topicCount: made.rows.filter(([kind]) => kind === 'topic').length, recovered };
}

/**
 * Makes the catalog anew.
 * @throws CatalogError LOCKED (a broker runs), TOO_NEW, NOT_FOUND (no journal), DISK_FULL; StorageError CORRUPT when the
 * journal itself is damaged
 */
export async function rebuildCatalog(options: RebuildOptions): Promise<RebuiltCatalog> {
  const { dataDir } = options;
  const clusterId = await clusterOfJournal(dataDir);
  const aside: string[] = [];
  let old: OldCatalog | null = null;
  const lock = lockDirectory(dataDir);
  try {
    await copyAside(dataDir, aside);
    old = openOld(join(dataDir, CATALOG_FILE));
    return { ...(await replace(options, clusterId, old)), aside };
  } catch (error) {
    // Once the old one was opened, its copy may be the only one that is as it was.
    const leftovers = old === null ? aside : [`${NEW_FILE}-wal`, NEW_FILE];
    for (const name of leftovers) await rm(join(dataDir, name), { force: true });
    throw toldIfFull(error, dataDir);
  } finally {
    if (old?.db?.isOpen === true) closeQuietly(old.db);
    lock.close();
  }
}
