import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Client } from "pg";
import type { S3Server } from "../servers/versitygw.ts";
import type { CopyCommand } from "./copy-options.ts";
import { csvRows, type FoundRow, jsonRows } from "./copy-rows.ts";
import { type CopyColumn, convert } from "./copy-values.ts";

/** An error as Redshift words it. */
export class RedshiftError extends Error {
  readonly code: string;
  readonly detail: string | undefined;

  constructor(code: string, message: string, detail?: string) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

/** One row of STL_LOAD_ERRORS. */
export interface LoggedError {
  readonly file: string;
  readonly line: number;
  readonly column: string;
  readonly type: string;
  readonly raw: string;
  readonly value: string;
  readonly code: number;
  readonly reason: string;
}

export interface CopyOutcome {
  readonly table: string;
  readonly oid: string;
  readonly loaded: number;
  readonly errors: readonly LoggedError[];
  /** Whether there were too many errors: then nothing is loaded. */
  readonly failed: boolean;
}

const REGION = "us-east-1";
const BATCH = 500;

/**
 * "COPY", "Using a manifest to specify data files": fetches the objects with the credentials of the statement (a role has the server's
 * own), checks every value against its column and inserts the good rows into the session's transaction.
 */
export async function runCopy(
  client: Client,
  s3: S3Server,
  roles: readonly string[],
  copy: CopyCommand,
): Promise<CopyOutcome> {
  const table = await describeTable(client, copy);
  const named = copy.columns.length === 0 ? { ...copy, columns: table.columns.map(({ name }) => name) } : copy;
  const columns = named.columns.map((name) => {
    const column = table.columns.find((one) => one.name === name);
    if (column === undefined)
      throw new RedshiftError("42703", `column "${name}" of relation "${copy.table}" does not exist`);
    return column;
  });
  const store = openStore(s3, roles, copy);
  try {
    const errors: LoggedError[] = [];
    const good: (string | null)[][] = [];
    for await (const { uri, text } of objectsOf(store, copy)) {
      const paths = await pathsOf(store, copy);
      const rows = copy.format === "csv" ? csvRows(text, named) : jsonRows(text, named, paths);
      for (const row of rows) {
        const checked = checkRow(uri, row, columns, copy);
        if ("error" in checked) errors.push(checked.error);
        else good.push(checked.values);
      }
    }
    const failed = errors.length >= Math.max(1, copy.maxError);
    if (!failed) await insert(client, table.quoted, columns, good);
    return { table: copy.table, oid: table.oid, loaded: failed ? 0 : good.length, errors, failed };
  } finally {
    store.destroy();
  }
}

async function describeTable(client: Client, { schema, table }: CopyCommand) {
  const quoted = [schema, table]
    .filter((part) => part !== undefined)
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");
  const { rows } = await client.query<{ oid: string; name: string; type: string }>(
    `SELECT attrelid AS oid, attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [quoted],
  );
  return { quoted, oid: rows[0]?.oid ?? "", columns: rows.map(({ name, type }): CopyColumn => ({ name, type })) };
}

function openStore(s3: S3Server, roles: readonly string[], { credentials, region }: CopyCommand): S3Client {
  if (region !== REGION) {
    throw s3Failure(
      "The S3 bucket addressed by the query is in a different region from this cluster.",
      301,
      "PermanentRedirect",
    );
  }
  if ("role" in credentials && !roles.includes(credentials.role)) {
    throw new RedshiftError(
      "XX000",
      `User arn:aws:redshift:${REGION}:000000000000:dbuser:standin is not authorized to assume IAM Role ${credentials.role}`,
    );
  }
  const keys = "role" in credentials ? { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey } : credentials;
  return new S3Client({
    endpoint: s3.endpoint,
    region: REGION,
    forcePathStyle: true,
    credentials: keys,
    maxAttempts: 1,
  });
}

function s3Failure(message: string, status: number | undefined, word: string): RedshiftError {
  return new RedshiftError("XX000", `S3ServiceException:${message},Status ${status},Error ${word}`);
}

async function fetchObject(store: S3Client, uri: string): Promise<Buffer> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
  try {
    const { Body } = await store.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    const { name = "", message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    // The S3 server's word for what AWS calls otherwise.
    throw s3Failure(message, $metadata?.httpStatusCode, name === "XAdminUserNotFound" ? "InvalidAccessKeyId" : name);
  }
}

interface Manifest {
  readonly entries: readonly { readonly url: string; readonly mandatory?: boolean }[];
}

async function* objectsOf(store: S3Client, { from, compression }: CopyCommand) {
  const { entries } = JSON.parse((await fetchObject(store, from)).toString()) as Manifest;
  for (const { url, mandatory = false } of entries) {
    let bytes: Buffer;
    try {
      bytes = await fetchObject(store, url);
    } catch (error) {
      // An object that is not mandatory is passed over in silence.
      if (!mandatory && /NoSuchKey/.test((error as Error).message)) continue;
      throw error;
    }
    yield {
      uri: url,
      text: unpack(bytes, compression)
        .toString("utf8")
        .replace(/^\uFEFF/, ""),
    };
  }
}

function unpack(bytes: Buffer, compression: CopyCommand["compression"]): Buffer {
  if (compression === "none") return bytes;
  try {
    return compression === "gzip" ? gunzipSync(bytes) : zstdDecompressSync(bytes);
  } catch (error) {
    throw new RedshiftError("XX000", `error during decompression: ${(error as Error).message}`);
  }
}

async function pathsOf(store: S3Client, { format, json }: CopyCommand): Promise<readonly string[] | undefined> {
  if (format !== "json" || !json.startsWith("s3://")) return undefined;
  return (JSON.parse((await fetchObject(store, json)).toString()) as { jsonpaths: string[] }).jsonpaths;
}

function checkRow(
  file: string,
  { line, raw, cells, problem }: FoundRow,
  columns: readonly CopyColumn[],
  copy: CopyCommand,
): { readonly values: (string | null)[] } | { readonly error: LoggedError } {
  // "STL_LOAD_ERRORS": texts are cut, and characters of several bytes are periods.
  const where = { file: file.slice(0, 256), line, raw: raw.replace(/[^\x20-\x7e]/g, ".").slice(0, 1024) };
  if (problem !== undefined) return { error: { ...where, ...problem, column: "", type: "", value: "" } };
  const values: (string | null)[] = [];
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? null;
    const converted = convert(cell, column, copy);
    if ("code" in converted) {
      const value = (cell ?? "").replace(/[^\x20-\x7e]/g, ".").slice(0, 1024);
      return { error: { ...where, ...converted, column: column.name, type: column.type.slice(0, 10), value } };
    }
    values.push(converted.value);
  }
  return { values };
}

async function insert(
  client: Client,
  table: string,
  columns: readonly CopyColumn[],
  rows: readonly (string | null)[][],
): Promise<void> {
  const names = columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(", ");
  for (let at = 0; at < rows.length; at += BATCH) {
    const batch = rows.slice(at, at + BATCH);
    const casts = columns.map(({ type }, index) => `(r ->> ${index})::${type}`).join(", ");
    await client.query(`INSERT INTO ${table} (${names}) SELECT ${casts} FROM jsonb_array_elements($1::jsonb) AS r`, [
      JSON.stringify(batch),
    ]);
  }
}
