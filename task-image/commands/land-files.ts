import { DataError } from "../errors.ts";
import type { FileFormat } from "../formats/file-format.ts";
import type { RejectedRow } from "../formats/rejected-row.ts";
import { showTable, type TableName } from "../postgres/identifier.ts";
import type { InputCheck } from "../postgres/input-check.ts";
import { type RejectScope, recordRejects } from "../postgres/rejects.ts";
import type { Session } from "../postgres/session.ts";
import type { SourceFile } from "../sources/file-source.ts";
import { landCsv } from "./land-csv.ts";
import { landJson } from "./land-json.ts";

/** The files of one table, in one format. */
export interface FilesToStage {
  /** The pattern that they were found by, for messages. */
  readonly source: string;
  readonly target: TableName;
  readonly files: readonly SourceFile[];
  readonly format: FileFormat;
  /** Where a file can be kept while it is read. */
  readonly workDirectory: string;
  /** Bytes of text that have been read so far. */
  readonly bytes: number;
  /** The text of a file as UTF-8. */
  open(file: SourceFile): AsyncIterable<Buffer>;
  /** Counts bytes from 0 again. */
  restart(): void;
}

/** Where rows of files land, and what is known of them before they do. */
export interface LandingPlace {
  readonly session: Session;
  readonly check: InputCheck;
  readonly scope: RejectScope;
  /** The table that they land in. */
  readonly into: TableName;
  /** The pattern that the files were found by, for messages. */
  readonly source: string;
  /** Types that are known before a row is: declared ones, or those of a target that rows are added to. */
  readonly types: ReadonlyMap<string, string>;
  /** Columns whose types the manifest declares. */
  readonly declared: ReadonlySet<string>;
}

/** What a format needs to land its rows. */
export interface Landing extends LandingPlace {
  readonly wanted: FilesToStage;
  /** Number of the first file among `scope.uris`. */
  readonly firstFile: number;
  /** Rows that could not be landed, as far as they have been read. */
  readonly rejects: readonly RejectedRow[];
  /** Takes a row that could not be landed. Throws when there are far too many of them. */
  reject(row: RejectedRow): void;
  /** Forgets rejected rows and counted bytes, because the files are going to be read again. */
  restart(): void;
}

/** A column of landed rows. */
export interface LandedColumn {
  readonly name: string;
  /** Its type, where the files say it. */
  readonly type?: string;
  /** The classes of all its values (`value-class.ts`), where its type is not known without them. */
  readonly classes?: number;
}

/** What landed: how many rows are there, and their columns in the order of the staging table. */
export interface Landed {
  readonly rows: number;
  /** Rows in the table of rejects instead. */
  readonly rejected: number;
  readonly columns: readonly LandedColumn[];
}

/** Rejected rows above the limit that are still collected, so that most messages can say how many there are. */
const SAMPLE_OF_TOO_MANY = 100;

/** Prepares a landing that takes at most `max` rejected rows and a few more. */
export function prepareLanding(place: LandingPlace, wanted: FilesToStage, max: number, firstFile = 0): Landing {
  const rejects: RejectedRow[] = [];
  const reject = (row: RejectedRow) => {
    rejects.push(row);
    if (rejects.length > max + SAMPLE_OF_TOO_MANY) throw tooManyRejects(place.scope, rejects, max);
  };
  const restart = () => {
    rejects.length = 0;
    wanted.restart();
  };
  return { ...place, wanted, firstFile, rejects, reject, restart };
}

/** Brings the rows of files into their landing table as they are, by COPY, and rejected ones into the table of rejects. */
export async function landFiles(landing: Landing): Promise<Landed> {
  const landed = await landRows(landing);
  await recordRejects(landing.session, landing.scope, landing.rejects);
  return { ...landed, rejected: landed.rejected + landing.rejects.length };
}

async function landRows(landing: Landing): Promise<Landed> {
  const { format } = landing.wanted;
  if (format.kind === "csv") return landCsv(landing, format);
  if (format.kind === "parquet") return (await import("./stage-parquet.ts")).landParquet(landing, format);
  return landJson(landing, format);
}

function tooManyRejects({ target, uris }: RejectScope, rejects: readonly RejectedRow[], max: number): DataError {
  const named = rejects.slice(0, 3).map(({ file, line, value, reason }) => {
    return `${uris[file]}, line ${line}: ${JSON.stringify(value.slice(0, 60))}: ${reason}`;
  });
  return new DataError(
    "TooManyRejects",
    `loading ${showTable(target)}: more than ${max} rows (load.rejects.max) are rejected; nothing has been published. ${named.join("; ")}. Correct the files, or load.from.format`,
  );
}
