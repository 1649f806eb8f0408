import { SnowflakeFailure } from "./failure.ts";

/** A column of a result as Snowflake's answers describe it. */
export interface ResultColumn {
  readonly name: string;
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A result: every value as text, or null. */
export interface Rowset {
  readonly rowtype: readonly ResultColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export function textRowset(names: readonly string[], rows: readonly (readonly (string | null)[])[]): Rowset {
  const length = 16_777_216;
  const rowtype = names.map((name) => ({
    name,
    type: "text",
    nullable: true,
    length,
    byteLength: length,
    scale: null,
    precision: null,
  }));
  return { rowtype, rows };
}

/** A session of fakesnow. */
export interface UpstreamSession {
  run(sql: string): Promise<Rowset>;
  close(): Promise<void>;
}

interface Answer {
  readonly success: boolean;
  readonly code: string | null;
  readonly message: string | null;
  readonly data: {
    readonly token?: string;
    readonly sqlState?: string;
    readonly rowtype?: readonly ResultColumn[];
    readonly rowset?: Rowset["rows"];
    readonly rowsetBase64?: string;
  } | null;
}

/** Runs what it is given when all that it was given before has ended. */
export function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work, work);
    last = result;
    return result;
  };
}

/** Logs in to fakesnow, which makes the database and the schema where they are missing. */
export async function openUpstream(origin: string, database: string): Promise<UpstreamSession> {
  const login = `${origin}/session/v1/login-request?databaseName=${encodeURIComponent(database)}&schemaName=PUBLIC`;
  const { data } = await post(login, { data: { SESSION_PARAMETERS: {} } });
  const headers = { authorization: `Snowflake Token="${data?.token ?? ""}"` };
  // A connection of DuckDB does one thing at a time.
  const oneByOne = inTurn();
  const run = async (sql: string) => {
    const answer = await post(`${origin}/queries/v1/query-request`, { sqlText: sql }, headers);
    if (!answer.success) throw failureOf(answer, sql);
    const { rowtype = [], rowset, rowsetBase64 = "" } = answer.data ?? {};
    const rows =
      rowset ??
      (rowsetBase64 === "" ? [] : (JSON.parse(Buffer.from(rowsetBase64, "base64").toString()) as Rowset["rows"]));
    return { rowtype, rows };
  };
  return {
    run: (sql) => oneByOne(() => run(sql)),
    close: async () => {
      await post(`${origin}/session?delete=true`, {}, headers);
    },
  };
}

async function post(url: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return (await response.json()) as Answer;
}

/** DuckDB's errors as Snowflake numbers and words them, as far as somebody looks at them. */
function failureOf({ code, message, data }: Answer, sql: string): SnowflakeFailure {
  const text = (message ?? "").replace(/^\d{6} \d{6} \(\w{5}\): |^\d{6} \(\w{5}\): /, "");
  const found = /(?:Table|View|Schema) with name "?([^" ]+)"? (already exists|does not exist)/.exec(text);
  if (found?.[2] === "already exists") {
    return new SnowflakeFailure("002002", "42710", `SQL compilation error:\nObject '${found[1]}' already exists.`);
  }
  if (found !== null || /No catalog \+ schema named|Schema .* does not exist|No schema/i.test(text)) {
    const name = found?.[1] ?? text;
    return new SnowflakeFailure(
      "002003",
      "42S02",
      `SQL compilation error:\nObject '${name}' does not exist or not authorized.`,
    );
  }
  const column = /Referenced column "([^"]+)" not found/.exec(text);
  if (column !== null) {
    return new SnowflakeFailure(
      "000904",
      "42000",
      `SQL compilation error: error line 1 at position 0\ninvalid identifier '${column[1]}'`,
    );
  }
  const number = /Could not convert string ['"](.*)['"] to/.exec(text);
  if (number !== null) return new SnowflakeFailure("100038", "22018", `Numeric value '${number[1]}' is not recognized`);
  if (code === "261000") throw new Error(`fakesnow cannot run ${sql}: ${text}`);
  return new SnowflakeFailure(code ?? "000603", data?.sqlState ?? "XX000", text);
}
