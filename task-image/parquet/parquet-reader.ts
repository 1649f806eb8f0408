import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { ConfigurationError, DataError, TaskFailure } from "../errors.ts";
import type { ParquetReading } from "../formats/file-format.ts";
import { quoteIdentifier } from "../sql/identifier.ts";
import { hidden } from "../words/hidden-text.ts";
import { knownSentence, type Sentence } from "../words/known-sentence.ts";
import { type Complaint, quoteText, type Wanted } from "./column-type.ts";
import { columnsOfSchema, type ListedColumn, type ParquetColumn, type SchemaElement } from "./parquet-schema.ts";

/** What DuckDB may hold at least. It reads a page and a dictionary of every column at a time, most often of 1 MiB each. */
const MEMORY_MIN = 128 * 1024 * 1024;
/** Where nothing bounds the process. */
const MEMORY_DEFAULT = 256 * 1024 * 1024;
/** DuckDB's part of the container's memory; the rest is for Node.js and the rows on their way. */
const MEMORY_SHARE = 0.5;
/** Rows are handed on in pieces of about this many characters: a chunk of DuckDB's may hold far more. */
const PIECE_LENGTH = 256 * 1024;
/** What errors of our own begin with among DuckDB's. */
const COMPLAINT = "kelt: ";
const HOLDS = " holds ";
/** What DuckDB says of a file without quoting it: of other errors its kind alone is public. */
const SENTENCES: readonly Sentence[] = [
  [/no magic bytes found at (?:the )?end of file/i, "no magic bytes at its end"],
  [/too small to be a Parquet file/i, "a file that is too small for one"],
  [/footer length error/i, "an error in the length of its footer"],
  [/(?:snappy|zstd|gzip|lz4|brotli) decompression fail[a-z]*/i, "a page that cannot be unpacked ($&)"],
  [/^(?:Invalid|Invalid Input|Serialization|Internal) Error(?=: )/, "bytes in its pages or its end that make no sense"],
  [/^[A-Z][A-Za-z ]{2,40}(?=: )/, "what DuckDB calls $&"],
];

/** A Parquet file in the work directory. Disposing of it removes it. */
export interface ParquetFile extends AsyncDisposable {
  readonly uri: string;
  readonly columns: readonly ParquetColumn[];
  /**
   * The rows in COPY's text format, in pieces; `isText` says which columns of Postgres take any text. `place` answers what stands
   * before the cells of a row, by its number from 1.
   */
  rows(isText: (name: string) => boolean, place?: (row: number) => string): AsyncGenerator<Buffer>;
}

/** DuckDB, as a reader of files. Every error is a TaskFailure. */
export interface ParquetReader extends AsyncDisposable {
  /** Fetches a file: Parquet is read from its end, so it has to lie on disk. */
  fetch(uri: string, bytes: AsyncIterable<Buffer>): Promise<ParquetFile>;
}

/** Opens a reader that keeps its files below `workDirectory`. The package is imported, and its library loaded, now and not before. */
export async function openParquetReader(workDirectory: string, reading: ParquetReading): Promise<ParquetReader> {
  const { DuckDBInstance } = (await import("@duckdb/node-api")).default;
  // A name of its own, because several readers may share the work directory.
  await mkdir(workDirectory, { recursive: true });
  const directory = await mkdtemp(join(workDirectory, "parquet-"));
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${memoryLimit()}B`,
    threads: "1",
    temp_directory: directory,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    // Nothing is read twice.
    enable_external_file_cache: "false",
  });
  const connection = await instance.connect();
  // DuckDB reads ahead up to this size, in which it does not count the texts: one chunk at a time.
  await connection.run("SET streaming_buffer_size = '1KB'");
  let latest: Promise<unknown> = Promise.resolve();
  const session: ReadSession = {
    connection,
    wait: (work) => {
      latest = work.catch(() => undefined);
      return work;
    },
  };
  let files = 0;
  return {
    fetch: async (uri, bytes) => {
      files += 1;
      const path = join(directory, `${files}.parquet`);
      await write(uri, bytes, path);
      try {
        return await openFile(session, { uri, path }, reading);
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    [Symbol.asyncDispose]: async () => {
      // Whoever wanted the rows may have gone while DuckDB still reads in a thread of its own.
      await latest;
      connection.closeSync();
      instance.closeSync();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function memoryLimit(): number {
  const bound = process.constrainedMemory();
  if (bound === 0 || bound > Number.MAX_SAFE_INTEGER) return MEMORY_DEFAULT;
  return Math.max(MEMORY_MIN, Math.floor(bound * MEMORY_SHARE));
}

async function write(uri: string, bytes: AsyncIterable<Buffer>, path: string): Promise<void> {
  try {
    await pipeline(bytes, createWriteStream(path));
  } catch (error) {
    await rm(path, { force: true });
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    throw new ConfigurationError(
      "WorkVolumeFull",
      `${uri}: the work volume has no room for the file, and Parquet is read from its end. Write smaller files`,
      { cause: error },
    );
  }
}

/** A connection, and what its thread does. */
interface ReadSession {
  readonly connection: DuckDBConnection;
  /** Answers what `work` does, and has it ended before the connection is closed. */
  wait<T>(work: Promise<T>): Promise<T>;
}

interface Located {
  readonly uri: string;
  readonly path: string;
}

interface Readable extends Located {
  readonly columns: readonly ParquetColumn[];
  /** As many as the file's end counts. */
  readonly rows: number;
}

async function openFile(session: ReadSession, file: Located, reading: ParquetReading): Promise<ParquetFile> {
  const { uri, path } = file;
  const ask = async <T>(sql: string): Promise<readonly T[]> => {
    try {
      return (await session.wait(session.connection.runAndReadAll(sql))).getRowObjects() as unknown as readonly T[];
    } catch (error) {
      throw readFailure(error, file);
    }
  };
  const literal = quoteText(path);
  const elements = await ask<SchemaElement>(
    `SELECT name, type, coalesce(num_children, 0)::INTEGER AS children, coalesce(logical_type, '') AS "logicalType",
       precision::INTEGER AS precision, scale::INTEGER AS scale, duckdb_type AS "duckdbType" FROM parquet_schema(${literal})`,
  );
  const [total] = await ask<{ rows: string }>(
    `SELECT num_rows::VARCHAR AS rows FROM parquet_file_metadata(${literal})`,
  );
  const listed = await ask<ListedColumn>(
    `SELECT column_name AS name, column_type AS type FROM (DESCRIBE SELECT * FROM ${scan(path)})`,
  );
  const columns = columnsOfSchema(uri, elements, listed, reading);
  return {
    uri,
    columns,
    rows: (isText, place) => {
      const cells = columns.map((column) =>
        cellOf(column, { isText: isText(column.name), nanoseconds: reading.nanoseconds }),
      );
      const sql = `SELECT concat_ws(chr(9), ${cells.join(", ")}) FROM ${scan(path)}`;
      return rowsOf(session, sql, { ...file, columns, rows: Number(total?.rows ?? 0) }, place);
    },
    [Symbol.asyncDispose]: () => rm(path, { force: true }),
  };
}

function scan(path: string): string {
  return `read_parquet(${quoteText(path)}, hive_partitioning = false)`;
}

function cellOf({ name, alias, travelling }: ParquetColumn, wanted: Omit<Wanted, "complaint">): string {
  const complaint = (code: Complaint) => `${COMPLAINT}${code} column ${name}${HOLDS}`;
  return `coalesce(${travelling.text(quoteIdentifier(alias), { ...wanted, complaint })}, '\\N')`;
}

/** Rows as the one column of a query, fetched as they are wanted. All rows that the file's end counts, or an error. */
async function* rowsOf(
  session: ReadSession,
  sql: string,
  file: Readable,
  place: (row: number) => string = () => "",
): AsyncGenerator<Buffer> {
  const { connection, wait } = session;
  let row = 0;
  try {
    const result = await wait(connection.stream(sql));
    const next = () => wait(result.fetchChunk());
    for (let chunk = await next(); chunk !== null && chunk.rowCount > 0; chunk = await next()) {
      const lines = chunk.getColumnVector(0);
      let piece = "";
      for (let at = 0; at < chunk.rowCount; at += 1) {
        row += 1;
        piece += `${place(row)}${lines.getItem(at) as string}\n`;
        if (piece.length < PIECE_LENGTH) continue;
        yield Buffer.from(piece);
        piece = "";
      }
      if (piece !== "") yield Buffer.from(piece);
    }
    // The driver takes an error that comes after the first chunk for the end; a query without chunks reports it.
    if (row < file.rows) await wait(connection.run(`SELECT sum(length(line)) FROM (${sql}) AS rows(line)`));
  } catch (error) {
    throw (await outOfRange(session, error, file)) ?? readFailure(error, file);
  }
  if (row === file.rows) return;
  throw damaged(file, `${row} rows where the file's end counts ${file.rows}`);
}

/** DuckDB's errors have a kind before a colon, and what it read after an empty line. */
function readFailure(error: unknown, file: Located): TaskFailure {
  if (error instanceof TaskFailure) return error;
  const [said = ""] = String((error as Error).message).split("\n\n");
  const complaint = said.indexOf(COMPLAINT);
  if (complaint >= 0) return complaintFailure(said.slice(complaint + COMPLAINT.length), file);
  if (/^Out of Memory/.test(said)) {
    return new ConfigurationError(
      "MemoryLimit",
      `${file.uri}: its pages need more memory than there is for reading Parquet, half of the container's: ${said}. Raise the node's resources.limits.memory, or write smaller row groups and pages`,
    );
  }
  const known = knownSentence(SENTENCES, said);
  return damaged(file, hidden(said.replaceAll(file.path, file.uri), known ?? "something else"));
}

const WAYS_OUT: Readonly<Record<Complaint, string>> = {
  NanosecondsCut:
    ", and Postgres keeps microseconds. Declare the column as text in load.columns, or set load.from.format.parquet.nanoseconds to cut",
  NotText: "bytes that are not UTF-8. Set load.from.format.parquet.binary to bytes, or write the column as text",
  NoJsonNumber:
    "NaN or infinity in a list, a map or a struct, which JSON has no number for. Declare the column as text in load.columns, or write null or a text in its place",
  RepeatedKey: "a map with a key twice, of which JSON keeps one value. Write it as a list of keys and values",
};

/** `said` begins with the code that {@link Wanted.complaint} was asked for. */
function complaintFailure(said: string, { uri }: Located): DataError {
  const code = (said.split(" ", 1)[0] ?? "") as Complaint;
  // A time stands behind it, which is a value of a row.
  const end = said.lastIndexOf(HOLDS) + HOLDS.length;
  const found = hidden(said.slice(end), code === "NanosecondsCut" ? "a time with nanoseconds" : "");
  return new DataError(code, `${uri}: ${said.slice(code.length + 1, end)}${found}${WAYS_OUT[code] ?? ""}`);
}

/** A value that DuckDB cannot read as its type, such as a time beyond its calendar, with the column that it is in. */
async function outOfRange(session: ReadSession, error: unknown, file: Readable): Promise<DataError | undefined> {
  if (!/^Conversion Error/.test(String((error as Error).message))) return undefined;
  for (const { name, alias } of file.columns) {
    const sql = `SELECT sum(length(${quoteIdentifier(alias)}::VARCHAR)) FROM ${scan(file.path)}`;
    const found = await session.wait(session.connection.run(sql)).catch((failure: Error) => failure);
    if (!(found instanceof Error)) continue;
    return new DataError(
      "ValueOutOfRange",
      `${file.uri}: column ${name} holds a value that its type cannot be read with, such as a time beyond the years 290000. Write it as text, or correct it`,
    );
  }
  return undefined;
}

function damaged({ uri }: Located, found: string): DataError {
  return new DataError("DamagedParquet", `${uri}: expected a complete Parquet file, found ${found}. Write it again`);
}
