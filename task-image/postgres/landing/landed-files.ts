import type { Renaming } from "../../formats/csv-header.ts";
import type { FileFormat } from "../../formats/file-format.ts";
import type { RejectedRow } from "../../formats/rejected-row.ts";
import type { SchemaContract } from "../../loading/schema-contract.ts";
import type { SourceFile } from "../../sources/files/file-source.ts";
import type { TableName } from "../../sql/identifier.ts";
import type { Target } from "../publishing/target.ts";
import type { Session } from "../session.ts";
import type { InputCheck } from "./input-check.ts";
import type { RejectScope } from "./rejects.ts";

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
  /** That table is committed before the load is. */
  readonly outlives?: boolean;
  /** The pattern that the files were found by, for messages. */
  readonly source: string;
  /** Types that are known before a row is: declared ones, or those of a target that rows are added to. */
  readonly types: ReadonlyMap<string, string>;
  /** New names of columns, by the names that the files have for them. */
  readonly renaming: Renaming;
  /** Columns whose types the manifest declares. */
  readonly declared: ReadonlySet<string>;
  /** What the rows are going to be added to, or to replace. */
  readonly target: Target | undefined;
  readonly contract: SchemaContract;
  /** Rows update those of the target: a column that some of them lack must not empty theirs. */
  readonly isMerge: boolean;
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
  /** Its key in the documents, where that is not its name. */
  readonly key?: string;
  /** Its place in the array of all cells, from 1, where it has no column of its own in the landing table. */
  readonly cell?: number;
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
