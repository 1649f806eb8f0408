import { type CopyError, type CopyScene, copyInto } from "./copy.ts";
import { parseCopy, parseStage, type Stage } from "./copy-statement.ts";
import { missingFailure, SnowflakeFailure, syntaxFailure } from "./failure.ts";
import type { TableLocks } from "./locks.ts";
import { merge } from "./merge-statement.ts";
import { quoteText, Reader, tokensOf } from "./sql-text.ts";
import type { Integration } from "./staged-objects.ts";
import { type Path, quotePath, type Tables } from "./tables.ts";
import { refuseUnknownTypes } from "./types.ts";
import { type Rowset, textRowset, type UpstreamSession } from "./upstream.ts";

/** What all sessions of a server share. */
export interface Shared {
  readonly tables: Tables;
  readonly locks: TableLocks;
  readonly integrations: ReadonlyMap<string, Integration>;
  /** A session for what the server itself does. */
  readonly own: UpstreamSession;
  /** Runs DDL when all before it has ended: of two that make one thing at once DuckDB refuses one, where Snowflake lets it wait. */
  readonly oneByOne: <T>(work: () => Promise<T>) => Promise<T>;
}

/** LOCK_TIMEOUT where nobody sets it, in seconds (Snowflake documentation, "Parameters"). */
const LOCK_TIMEOUT = 43_200;
const DONE = () => textRowset(["status"], [["Statement executed successfully."]]);
const VALIDATE = /\bTABLE\s*\(\s*VALIDATE\s*\(.*?JOB_ID\s*=>\s*'_last'\s*\)\s*\)/is;
const COMMENT = /\s+COMMENT\s*=\s*(?<literal>'(?:[^']|'')*')(?=\s*$|\s+AS\s)/is;
const NEEDS_WAREHOUSE = new Set(["COPY", "MERGE", "INSERT", "UPDATE", "DELETE"]);

/** fakesnow's TABLES leaves views out, Snowflake's has them (documentation, "TABLES view"). */
const TABLES_AND_VIEWS = `(SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, IS_TRANSIENT, COMMENT FROM INFORMATION_SCHEMA.TABLES
  UNION ALL SELECT TABLE_SCHEMA, TABLE_NAME, 'VIEW', 'NO', COMMENT FROM INFORMATION_SCHEMA.VIEWS) AS t`;

/** One session: what fakesnow lacks is done here, what Snowflake would refuse is refused here, the rest goes on to fakesnow. */
export class SnowflakeSession {
  readonly id: string;
  readonly #warehouse: string | undefined;
  readonly #upstream: UpstreamSession;
  readonly #shared: Shared;
  readonly #stages = new Map<string, Stage>();
  readonly #temporary: Path[] = [];
  #errors: readonly CopyError[] = [];
  #inTransaction = false;
  #lockTimeoutMs = LOCK_TIMEOUT * 1000;

  constructor(id: string, warehouse: string | undefined, upstream: UpstreamSession, shared: Shared) {
    this.id = id;
    this.#warehouse = warehouse;
    this.#upstream = upstream;
    this.#shared = shared;
  }

  async execute(sql: string): Promise<Rowset> {
    const tokens = tokensOf(sql);
    const reader = new Reader(tokens);
    const [head = ""] = tokens.map(({ text }) => text);
    // "Warehouses": without a current one, no query that needs one can run.
    if (NEEDS_WAREHOUSE.has(head) && this.#warehouse === undefined) {
      throw new SnowflakeFailure(
        "000606",
        "57P03",
        "No active warehouse selected in the current session.  Select an active warehouse with the 'use warehouse' command.",
      );
    }
    const run = STATEMENTS[head as keyof typeof STATEMENTS];
    if (run === undefined) throw syntaxFailure(`the stand-in does not know ${head}`);
    // DuckDB takes a list without a value.
    if (tokens.some((_, at) => new Reader(tokens.slice(at, at + 3)).takes("IN", "(", ")"))) throw syntaxFailure("')'");
    // "Transactions", DDL: a DDL statement commits the active transaction and is one of its own.
    if (!DDL.has(head) || (head === "ALTER" && tokens[1]?.text === "SESSION")) return await run.call(this, sql, reader);
    await this.commit();
    return await this.#shared.oneByOne(() => run.call(this, sql, reader));
  }

  /** The session is gone: its transaction is rolled back, its temporary objects are no more. */
  async end(): Promise<void> {
    if (this.#inTransaction) await this.#upstream.run("ROLLBACK");
    this.#inTransaction = false;
    this.#shared.locks.release(this.id);
    for (const path of this.#temporary) await this.#upstream.run(`DROP TABLE IF EXISTS ${quotePath(path)}`);
    await this.#upstream.close();
  }

  async begin(): Promise<Rowset> {
    if (!this.#inTransaction) await this.#upstream.run("BEGIN");
    this.#inTransaction = true;
    return DONE();
  }

  async commit(): Promise<Rowset> {
    return await this.#endTransaction("COMMIT");
  }

  async rollback(): Promise<Rowset> {
    return await this.#endTransaction("ROLLBACK");
  }

  async #endTransaction(how: "COMMIT" | "ROLLBACK"): Promise<Rowset> {
    if (this.#inTransaction) await this.#upstream.run(how);
    this.#inTransaction = false;
    this.#shared.locks.release(this.id);
    return DONE();
  }

  /** UPDATE, DELETE and MERGE, under the lock of their table. */
  async change(sql: string, reader: Reader): Promise<Rowset> {
    reader.take("word");
    if (!reader.takes("INTO")) reader.takes("FROM");
    const table = reader.path().join(".");
    await this.#shared.locks.take(table, this.id, this.#lockTimeoutMs);
    try {
      return /^\s*MERGE/i.test(sql) ? await merge(sql, this.#upstream) : await this.#upstream.run(sql);
    } finally {
      if (!this.#inTransaction) this.#shared.locks.release(this.id);
    }
  }

  async read(sql: string): Promise<Rowset> {
    const validated = sql.replace(VALIDATE, () => this.#validated());
    // fakesnow's TYPEOF says JSON of every VARIANT.
    const typed = validated.replace(/\bTYPEOF\s*\(((?:[^()]|\([^()]*\))*)\)/gi, (_, value: string) => {
      const names = {
        UBIGINT: "INTEGER",
        BIGINT: "INTEGER",
        HUGEINT: "INTEGER",
        DOUBLE: "DECIMAL",
        NULL: "NULL_VALUE",
      };
      const cases = Object.entries(names).map(([from, to]) => `WHEN '${from}' THEN '${to}'`);
      return `CASE JSON_TYPE(${value}) ${cases.join(" ")} ELSE JSON_TYPE(${value}) END`;
    });
    return await this.#upstream.run(typed.replace(/\bFROM INFORMATION_SCHEMA\.TABLES\b/gi, `FROM ${TABLES_AND_VIEWS}`));
  }

  /** The rows that the last COPY left out, in the place of the table function VALIDATE. */
  #validated(): string {
    const columns = [
      "ERROR",
      "FILE",
      "LINE",
      "CHARACTER",
      "CODE",
      "COLUMN_NAME",
      "ROW_NUMBER",
      "ROW_START_LINE",
      "REJECTED_RECORD",
    ] as const;
    const rows = this.#errors.map(
      (error) => `SELECT ${columns.map((name) => `${quoteText(error[name])} AS "${name}"`).join(", ")}`,
    );
    const none = `SELECT ${columns.map((name) => `CAST(NULL AS VARCHAR) AS "${name}"`).join(", ")} WHERE 1 = 0`;
    return `(${[...rows, none].join(" UNION ALL ")})`;
  }

  async copy(sql: string): Promise<Rowset> {
    const copy = parseCopy(sql);
    const scene: CopyScene = { upstream: this.#upstream, stages: this.#stages, ...this.#shared };
    const { result, errors } = await copyInto(copy, pathOf(copy.table), scene);
    // VALIDATE knows nothing of COPY statements that transform.
    this.#errors = copy.selected === undefined ? errors : [];
    return result;
  }

  async create(sql: string, reader: Reader): Promise<Rowset> {
    if (/^\s*CREATE\s+(OR\s+REPLACE\s+)?TEMPORARY\s+STAGE\b/i.test(sql)) {
      const { name, stage } = parseStage(sql);
      this.#stages.set(name.join("."), stage);
      return DONE();
    }
    reader.expect("CREATE");
    // DuckDB keeps temporary tables out of schemas: they are ordinary ones that go with the session, so that others see them.
    reader.takes("OR", "REPLACE");
    const isTemporary = reader.takes("TEMPORARY");
    const isTransient = reader.takes("TRANSIENT");
    if (!reader.takes("TABLE")) return await this.#upstream.run(sql);
    const isOptional = reader.takes("IF", "NOT", "EXISTS");
    const path = pathOf(reader.path());
    const literal = COMMENT.exec(sql)?.groups?.literal;
    refuseUnknownTypes(reader);
    const like = reader.takes("LIKE") ? pathOf(reader.path()) : undefined;
    const isThere = isOptional && (await this.#exists(path));
    const result = await this.#upstream.run(sql.replace(COMMENT, "").replace(/^\s*CREATE\s+TEMPORARY\b/i, "CREATE"));
    if (isThere) return result;
    if (isTemporary) this.#temporary.push(path);
    const comment = literal === undefined ? "" : (tokensOf(literal)[0]?.text ?? "");
    const grantsOf = /\bCOPY\s+GRANTS\b/i.test(sql) ? like : undefined;
    this.#shared.tables.made(path, { comment, isTransient, grantsOf });
    await this.#shared.tables.writeComment(this.#shared.own, path);
    return result;
  }

  async #exists(path: Path): Promise<boolean> {
    const where = `TABLE_SCHEMA = ${quoteText(path[0])} AND TABLE_NAME = ${quoteText(path[1])}`;
    return (await this.#upstream.run(`SELECT 1 FROM INFORMATION_SCHEMA.TABLES WHERE ${where}`)).rows.length > 0;
  }

  async alter(sql: string, reader: Reader): Promise<Rowset> {
    reader.expect("ALTER");
    if (reader.takes("SESSION", "SET")) {
      const timeout = reader.options().get("LOCK_TIMEOUT")?.[0]?.[0]?.text;
      if (timeout !== undefined) this.#lockTimeoutMs = Number(timeout) * 1000;
      return DONE();
    }
    reader.expect("TABLE");
    const path = pathOf(reader.path());
    const { tables, own } = this.#shared;
    if (reader.takes("SWAP", "WITH")) await tables.swap(own, path, pathOf(reader.path()));
    else if (reader.takes("RENAME", "TO")) await tables.rename(own, path, pathOf(reader.path()));
    else return await this.#upstream.run(sql);
    return DONE();
  }

  async drop(sql: string, reader: Reader): Promise<Rowset> {
    reader.expect("DROP");
    if (reader.takes("TABLE")) {
      reader.takes("IF", "EXISTS");
      this.#shared.tables.dropped(pathOf(reader.path()));
    }
    return await this.#upstream.run(sql);
  }

  async comment(_sql: string, reader: Reader): Promise<Rowset> {
    reader.expect("COMMENT", "ON", "TABLE");
    const path = pathOf(reader.path());
    reader.expect("IS");
    if (!(await this.#exists(path))) throw missingFailure("Table", path.join("."));
    this.#shared.tables.of(path).comment = reader.take("string");
    await this.#shared.tables.writeComment(this.#shared.own, path);
    return DONE();
  }

  grant(_sql: string, reader: Reader): Promise<Rowset> {
    reader.expect("GRANT");
    const privilege = reader.take("word");
    reader.expect("ON", "TABLE");
    const path = pathOf(reader.path());
    reader.expect("TO", "ROLE");
    this.#shared.tables.of(path).grants.add(`${privilege} ${reader.take("word", "name")}`);
    return Promise.resolve(DONE());
  }

  async show(sql: string, reader: Reader): Promise<Rowset> {
    reader.expect("SHOW");
    if (!reader.takes("GRANTS", "ON", "TABLE")) return await this.#upstream.run(sql);
    const rows = [...this.#shared.tables.of(pathOf(reader.path())).grants].map((grant) => grant.split(" "));
    return textRowset(["privilege", "grantee_name"], rows as [string, string][]);
  }

  async pass(sql: string): Promise<Rowset> {
    return await this.#upstream.run(sql);
  }
}

function pathOf(parts: readonly string[]): Path {
  const [table, schema = "PUBLIC"] = parts.toReversed();
  return [schema, table ?? ""];
}

const DDL = new Set(["CREATE", "ALTER", "DROP", "COMMENT", "GRANT"]);
const { prototype } = SnowflakeSession;
/** What each statement means, by its first word. Others are not known. */
const STATEMENTS: Readonly<Record<string, (this: SnowflakeSession, sql: string, reader: Reader) => Promise<Rowset>>> = {
  BEGIN: prototype.begin,
  COMMIT: prototype.commit,
  ROLLBACK: prototype.rollback,
  SELECT: prototype.read,
  WITH: prototype.read,
  INSERT: prototype.read,
  UPDATE: prototype.change,
  DELETE: prototype.change,
  MERGE: prototype.change,
  COPY: prototype.copy,
  CREATE: prototype.create,
  ALTER: prototype.alter,
  DROP: prototype.drop,
  COMMENT: prototype.comment,
  GRANT: prototype.grant,
  SHOW: prototype.show,
  DESCRIBE: prototype.pass,
};
