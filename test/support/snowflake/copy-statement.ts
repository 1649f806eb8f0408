import type { CsvOptions } from "./csv-records.ts";
import { SnowflakeFailure, syntaxFailure } from "./failure.ts";
import { Reader, type Token, tokensOf } from "./sql-text.ts";

/** An external stage: where the files lie, and with which keys they are read. */
export interface Stage {
  /** `s3://bucket/prefix`. */
  readonly url: string;
  readonly endpoint?: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly integration?: string;
}

/** One column of the SELECT that a COPY transforms with. */
export type Selected = { readonly cell: number } | { readonly metadata: "FILENAME" | "FILE_ROW_NUMBER" };

export type FileOptions =
  | { readonly type: "CSV"; readonly mismatchIsError: boolean; readonly csv: CsvOptions }
  | { readonly type: "JSON"; readonly stripOuterArray: boolean };

export interface CopyStatement {
  readonly table: readonly string[];
  readonly columns: readonly string[];
  readonly stage: readonly string[];
  readonly selected?: readonly Selected[];
  readonly files: readonly string[];
  readonly format: FileOptions;
  readonly onError: "ABORT_STATEMENT" | "CONTINUE";
  readonly force: boolean;
}

/** FILES takes at most so many names: Snowflake documentation, "COPY INTO <table>", FILES. */
const FILES_MAX = 1000;

/** `CREATE TEMPORARY STAGE name URL = … CREDENTIALS = (…) ENDPOINT = … | STORAGE_INTEGRATION = …`. */
export function parseStage(sql: string): { readonly name: readonly string[]; readonly stage: Stage } {
  const reader = new Reader(tokensOf(sql));
  reader.expect("CREATE");
  reader.takes("OR", "REPLACE");
  reader.expect("TEMPORARY");
  reader.expect("STAGE");
  const name = reader.path();
  const options = reader.options();
  const credentials = optionsOf(options.get("CREDENTIALS") ?? []);
  const url = textOf(options, "URL") ?? "";
  const isCompatible = url.startsWith("s3compat://");
  const endpoint = textOf(options, "ENDPOINT");
  const isComplete = isCompatible ? endpoint !== undefined : url.startsWith("s3://") && endpoint === undefined;
  // Snowflake documentation, "CREATE STAGE", external stage parameters for Amazon S3-compatible storage: url, endpoint and credentials.
  if (!isComplete)
    throw new SnowflakeFailure("001011", "42601", `SQL compilation error:\ninvalid URL prefix found in: '${url}'`);
  const [accessKey, secretKey] = [textOf(credentials, "AWS_KEY_ID"), textOf(credentials, "AWS_SECRET_KEY")];
  const integration = textOf(options, "STORAGE_INTEGRATION");
  if (isCompatible && integration !== undefined)
    throw syntaxFailure("invalid property 'STORAGE_INTEGRATION' for 's3compat'");
  const stage = {
    url: url.replace("s3compat://", "s3://"),
    ...defined({ endpoint, accessKey, secretKey, integration }),
  };
  return { name, stage };
}

/** `COPY INTO table [(columns)] FROM @stage | (SELECT …) FILES = (…) FILE_FORMAT = (…) ON_ERROR = … FORCE = …`. */
export function parseCopy(sql: string): CopyStatement {
  const reader = new Reader(tokensOf(sql));
  reader.expect("COPY", "INTO");
  const table = reader.path();
  const columns = isGroup(reader) ? reader.group().map(([column]) => column?.text ?? "") : [];
  reader.expect("FROM");
  const selected = reader.takes("(", "SELECT") ? selectedOf(reader) : undefined;
  reader.expect("@");
  const stage = reader.path();
  if (selected !== undefined) reader.expect(")");
  const options = reader.options();
  const files = (options.get("FILES") ?? []).map(([name]) => name?.text ?? "");
  if (files.length > FILES_MAX) {
    throw new SnowflakeFailure(
      "002198",
      "22023",
      `SQL compilation error: Too many files in FILES: at most ${FILES_MAX}`,
    );
  }
  const onError = textOf(options, "ON_ERROR") ?? "ABORT_STATEMENT";
  if (onError !== "ABORT_STATEMENT" && onError !== "CONTINUE")
    throw syntaxFailure(`ON_ERROR = ${onError} is not known to the stand-in`);
  const format = formatOf(optionsOf(options.get("FILE_FORMAT") ?? []));
  const force = textOf(options, "FORCE") === "TRUE";
  return { table, columns, stage, files, format, onError, force, ...defined({ selected }) };
}

function isGroup(reader: Reader): boolean {
  return reader.next?.kind === "sign" && reader.next.text === "(";
}

function selectedOf(reader: Reader): readonly Selected[] {
  const selected: Selected[] = [];
  do {
    const word = reader.take("word");
    const cell = /^\$(\d+)$/.exec(word);
    const metadata = /^METADATA\$(FILENAME|FILE_ROW_NUMBER)$/.exec(word);
    if (cell !== null) selected.push({ cell: Number(cell[1]) });
    else if (metadata !== null) selected.push({ metadata: metadata[1] as "FILENAME" });
    else throw syntaxFailure(`${word} is not known to the stand-in's COPY`);
  } while (reader.takes(","));
  reader.expect("FROM");
  return selected;
}

type Options = ReadonlyMap<string, readonly (readonly Token[])[]>;

function optionsOf(groups: readonly (readonly Token[])[]): Options {
  return new Reader(groups.flat()).options();
}

function textOf(options: Options, key: string): string | undefined {
  return options.get(key)?.[0]?.[0]?.text;
}

/** Options whose default the stand-in does not follow have to be written; those it does not know are refused. */
function formatOf(options: Options): FileOptions {
  const text = (key: string, standard: string) => textOf(options, key) ?? standard;
  const refuseOthers = (...known: readonly string[]) => {
    const others = [...options.keys()].filter((key) => !["TYPE", "COMPRESSION", ...known].includes(key));
    if (others.length > 0) throw syntaxFailure(`FILE_FORMAT ${others.join(", ")} is not known to the stand-in`);
  };
  if (text("COMPRESSION", "AUTO") !== "AUTO") throw syntaxFailure("the stand-in knows COMPRESSION = AUTO");
  if (text("TYPE", "CSV") === "JSON") {
    refuseOthers("STRIP_OUTER_ARRAY");
    return { type: "JSON", stripOuterArray: text("STRIP_OUTER_ARRAY", "FALSE") === "TRUE" };
  }
  refuseOthers(
    "FIELD_DELIMITER",
    "FIELD_OPTIONALLY_ENCLOSED_BY",
    "ESCAPE",
    "ESCAPE_UNENCLOSED_FIELD",
    "SKIP_HEADER",
    "NULL_IF",
    "EMPTY_FIELD_AS_NULL",
    "ERROR_ON_COLUMN_COUNT_MISMATCH",
    "ENCODING",
  );
  if (text("ESCAPE_UNENCLOSED_FIELD", "\\") !== "NONE")
    throw syntaxFailure("the stand-in knows ESCAPE_UNENCLOSED_FIELD = NONE");
  if (text("ENCODING", "UTF8") !== "UTF8") throw syntaxFailure("the stand-in knows ENCODING = UTF8");
  const none = (key: string) => text(key, "NONE").replace(/^NONE$/, "");
  const quote = none("FIELD_OPTIONALLY_ENCLOSED_BY");
  // Snowflake documentation, "COPY INTO <table>", FIELD_OPTIONALLY_ENCLOSED_BY: NONE, ' or ".
  if (!["", "'", '"'].includes(quote))
    throw new SnowflakeFailure(
      "001007",
      "22023",
      `SQL compilation error:\ninvalid value [${quote}] for parameter 'FIELD_OPTIONALLY_ENCLOSED_BY'`,
    );
  return {
    type: "CSV",
    mismatchIsError: text("ERROR_ON_COLUMN_COUNT_MISMATCH", "TRUE") === "TRUE",
    csv: {
      delimiter: text("FIELD_DELIMITER", ","),
      quote,
      escape: none("ESCAPE"),
      skipHeader: Number(text("SKIP_HEADER", "0")),
      nullIf: (options.get("NULL_IF") ?? [[{ kind: "string", text: "\\N" } as const]]).map(
        ([value]) => value?.text ?? "",
      ),
      emptyAsNull: text("EMPTY_FIELD_AS_NULL", "TRUE") === "TRUE",
    },
  };
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
