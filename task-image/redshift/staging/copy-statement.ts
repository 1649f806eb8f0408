import { ConfigurationError } from "../../errors.ts";
import type { CsvDialect } from "../../formats/csv-dialect.ts";
import type { ObjectGroup } from "../../objects/object-groups.ts";
import { quoteIdentifier } from "../../sql/identifier.ts";

/** How COPY may read a bucket. */
export type BucketAccess =
  | { readonly kind: "role"; readonly role: string }
  | {
      readonly kind: "keys";
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string;
    };

/** How the rows of the objects are written. */
export type CopyFormat =
  | { readonly kind: "csv"; readonly dialect: CsvDialect /** Lines before the first row. */; readonly skipped: number }
  /** JSON objects; `paths` is the URI of a JSONPaths object. Without it keys are columns' names in any case. */
  | { readonly kind: "json"; readonly paths?: string };

export interface Copy {
  readonly table: string;
  readonly columns: readonly string[];
  /** URI of the manifest. */
  readonly manifest: string;
  readonly region: string;
  readonly access: BucketAccess;
  readonly format: CopyFormat;
  readonly compression: ObjectGroup["compression"];
  readonly rejectsMax: number;
}

/** Database Developer Guide, COPY, MAXERROR. */
const MAXERROR_MAX = 100_000;

/**
 * The COPY of the objects of a manifest into a table of the session. Sources of the options: Amazon Redshift Database Developer Guide,
 * COPY, "Data format parameters", "Data conversion parameters", "Authorization parameters". None that changes values is used:
 * ROUNDEC rounds numbers to a declared scale as Postgres does, where COPY would cut digits off; for a kept one see `kept-decimal.ts`. NULL AS '' makes an
 * empty field NULL, and without it `\\N` would be; nothing says that quotes around it make a difference.
 */
export function copyStatement(copy: Copy): string {
  const { compression, rejectsMax } = copy;
  const options = [
    ...accessOptions(copy.access),
    `REGION ${literal(copy.region)}`,
    "MANIFEST",
    ...formatOptions(copy.format),
    ...(compression === "none" ? [] : [compression.toUpperCase()]),
    "TIMEFORMAT 'auto'",
    "ROUNDEC",
    "COMPUPDATE OFF",
    "STATUPDATE OFF",
    // The load fails at this many errors, not above it.
    ...(rejectsMax === 0 ? [] : [`MAXERROR ${Math.min(rejectsMax + 1, MAXERROR_MAX)}`]),
  ];
  const columns = copy.columns.map(quoteIdentifier).join(", ");
  return `COPY ${quoteIdentifier(copy.table)} (${columns}) FROM ${literal(copy.manifest)} ${options.join(" ")}`;
}

function accessOptions(access: BucketAccess): string[] {
  if (access.kind === "role") return [`IAM_ROLE ${access.role === "default" ? "default" : literal(access.role)}`];
  const { accessKeyId, secretAccessKey, sessionToken } = access;
  return [
    `ACCESS_KEY_ID ${literal(accessKeyId)}`,
    `SECRET_ACCESS_KEY ${literal(secretAccessKey)}`,
    ...(sessionToken === undefined ? [] : [`SESSION_TOKEN ${literal(sessionToken)}`]),
  ];
}

function formatOptions(format: CopyFormat): string[] {
  if (format.kind === "json") return [`FORMAT AS JSON ${literal(format.paths ?? "auto ignorecase")}`];
  const { delimiter, quote, null: marker, moreNulls } = format.dialect;
  if (moreNulls.length > 0) {
    throw new ConfigurationError(
      "UnsupportedFormat",
      "load.from.format.csv.nulls: expected one word for NULL, which is what Redshift knows, found several. Name one, or load into Postgres",
    );
  }
  return [
    `FORMAT AS CSV DELIMITER ${literal(delimiter)} QUOTE ${literal(quote)}`,
    ...(format.skipped === 0 ? [] : [`IGNOREHEADER ${format.skipped}`]),
    `NULL AS ${literal(marker)}`,
  ];
}

/** Redshift reads backslashes in literals, and has no literal that does without: no statement to it holds one. */
function literal(text: string): string {
  if (text.includes("\\")) {
    throw new ConfigurationError(
      "UnsupportedFormat",
      "expected options of COPY without a backslash, found one in the keys of the bucket's connection or in load.from.format. Use another character",
    );
  }
  return `'${text.replaceAll("'", "''")}'`;
}
