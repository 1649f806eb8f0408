import { createHash, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { Client, QueryResult } from "pg";
import type { S3Server } from "../servers/versitygw.ts";
import { type CopyOutcome, RedshiftError, runCopy } from "./copy.ts";
import { CopySyntaxError, parseCopy } from "./copy-options.ts";
import { findRefusal, withPostgresTypes } from "./statement-rules.ts";
import { withoutStorage } from "./storage.ts";
import { isSequence, joinTokens, splitStatements, type Token, tokenize } from "./tokens.ts";
import { backend, FieldReader, type FrontendMessage, MessageReader } from "./wire.ts";

/** What a session needs of its server. */
export interface Host {
  readonly s3: S3Server;
  readonly roles: readonly string[];
  readonly user: string;
  readonly password: string;
  /** A new connection to Postgres, with values as text. */
  connect(database: string): Promise<Client>;
  /** Called before a COPY reads its objects. */
  beforeCopy(sql: string): Promise<void>;
  /** Keeps the errors of a COPY, outside of every transaction. */
  logErrors(outcome: CopyOutcome, pid: number): Promise<void>;
}

/** "Configuration reference": what SET knows. Those that Postgres has too are set there. */
const PARAMETERS: ReadonlyMap<string, boolean> = new Map([
  ["TIMEZONE", true],
  ["DATESTYLE", true],
  ["STATEMENT_TIMEOUT", true],
  ["SEARCH_PATH", true],
  ["ENABLE_CASE_SENSITIVE_IDENTIFIER", false],
  ["QUERY_GROUP", false],
]);

type Values = readonly (string | null)[];

/** One connection of a client: it takes messages apart, has every statement checked, and answers as Redshift would. */
export class RedshiftSession {
  readonly #socket: Socket;
  readonly #host: Host;
  readonly #reader = new MessageReader();
  readonly #salt = randomBytes(4);
  readonly #statements = new Map<string, string>();
  #portal: { readonly sql: string; readonly values: Values } = { sql: "", values: [] };
  #described = false;
  #skipping = false;
  #database = "";
  #client: Client | undefined;
  #pid = 0;
  #status = "I";
  #work: Promise<void> = Promise.resolve();

  constructor(socket: Socket, host: Host) {
    this.#socket = socket;
    this.#host = host;
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      for (const message of this.#reader.push(chunk)) {
        this.#work = this.#work.then(() => this.#take(message)).catch(() => void socket.destroy());
      }
    });
    // What was not committed is rolled back, as soon as the connection is gone.
    socket.on("close", () => void this.end());
  }

  async end(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #take({ type, body }: FrontendMessage): Promise<void> {
    if (type === "ssl") return void this.#send(backend.noSsl());
    if (type === "startup") return this.#startUp(body);
    if (type === "p") return await this.#logIn(new FieldReader(body).text());
    if (type === "X") return void this.#socket.end();
    if (type === "S") {
      this.#skipping = false;
      return this.#send(backend.ready(this.#status));
    }
    if (type === "Q") {
      await this.#simple(new FieldReader(body).text());
      return this.#send(backend.ready(this.#status));
    }
    if (!this.#skipping) await this.#extended(type, new FieldReader(body));
  }

  #startUp(body: Buffer): void {
    const fields = body.subarray(4).toString("utf8").split("\0");
    this.#database = fields[fields.indexOf("database") + 1] ?? "";
    this.#send(backend.askMd5(this.#salt));
  }

  async #logIn(answer: string): Promise<void> {
    const { user, password } = this.#host;
    const md5 = (data: string | Buffer) => createHash("md5").update(data).digest("hex");
    const expected = `md5${md5(Buffer.concat([Buffer.from(md5(password + user)), this.#salt]))}`;
    if (answer !== expected) {
      this.#send(backend.error({ C: "28000", M: `password authentication failed for user "${user}"` }));
      return void this.#socket.end();
    }
    const client = await this.#host.connect(this.#database);
    this.#client = client;
    const wire = (client as unknown as { connection: NodeJS.EventEmitter }).connection;
    wire.on("readyForQuery", ({ status }: { status: string }) => {
      this.#status = status;
    });
    const { rows } = await client.query<{ pid: string }>("SELECT pg_backend_pid() AS pid");
    this.#pid = Number(rows[0]?.pid);
    this.#send(backend.authenticated(), backend.parameter("server_version", "8.0.2"));
    this.#send(backend.parameter("client_encoding", "UTF8"), backend.key(this.#pid), backend.ready("I"));
  }

  async #simple(sql: string): Promise<void> {
    try {
      const statements = splitStatements(tokenize(sql));
      if (statements.length === 0) this.#send(backend.empty());
      for (const statement of statements) this.#answer(await this.#run(statement, []), true);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #extended(type: string, fields: FieldReader): Promise<void> {
    try {
      if (type === "P") {
        this.#statements.set(fields.text(), fields.text());
        this.#send(backend.parsed());
      }
      if (type === "B") this.#bind(fields);
      if (type === "D") this.#described = true;
      if (type === "C") this.#send(backend.closed());
      if (type === "E") await this.#execute();
    } catch (error) {
      this.#skipping = true;
      this.#fail(error);
    }
  }

  #bind(fields: FieldReader): void {
    fields.text();
    const sql = this.#statements.get(fields.text()) ?? "";
    const formats = fields.int16();
    for (let index = 0; index < formats; index += 1) fields.int16();
    const values = Array.from({ length: fields.int16() }, () => fields.value());
    this.#portal = { sql, values };
    this.#described = false;
    this.#send(backend.bound());
  }

  async #execute(): Promise<void> {
    const { sql, values } = this.#portal;
    const [statement = [], ...more] = splitStatements(tokenize(sql));
    if (more.length > 0) throw new RedshiftError("42601", "cannot insert multiple commands into a prepared statement");
    this.#answer(await this.#run(statement, values), this.#described);
  }

  /** Checks a statement and carries it out. */
  async #run(written: readonly Token[], values: Values): Promise<QueryResult<Values>> {
    const tokens = withoutStorage(written);
    const refusal = findRefusal(tokens);
    if (refusal !== undefined) throw await this.#aborted(new RedshiftError(refusal.code, refusal.message));
    if (isSequence(tokens, 0, "COPY")) return await this.#copy(tokens);
    if (isSequence(tokens, 0, "SET")) return await this.#set(tokens);
    const result = await this.#postgres(joinTokens(this.#translate(tokens)), values);
    // "TRUNCATE": it commits the transaction in which it is run.
    if (isSequence(tokens, 0, "TRUNCATE") && this.#status === "T") await this.#postgres("COMMIT", []);
    return result;
  }

  #translate(tokens: readonly Token[]): readonly Token[] {
    // "Serializable isolation", the default; the snapshot is taken by the first statement that is not LOCK, in Postgres too.
    if (isSequence(tokens, 0, "BEGIN")) return [...tokens, ...tokenize("ISOLATION LEVEL SERIALIZABLE")];
    return withPostgresTypes(tokens).map((token, at) => {
      if (token.text === "VERSION" && isSequence(tokens, at + 1, "(")) return { ...token, sql: "redshift_version" };
      const isUnit = isSequence(tokens, at - 2, "DATEADD", "(") && token.kind === "word";
      return isUnit ? { ...token, sql: `'${token.sql}'` } : token;
    });
  }

  async #postgres(sql: string, values: Values): Promise<QueryResult<Values>> {
    if (this.#client === undefined) throw new RedshiftError("08003", "the connection is closed");
    const query = { text: sql, rowMode: "array", ...(values.length === 0 ? {} : { values: [...values] }) };
    return (await this.#client.query(query as never)) as unknown as QueryResult<Values>;
  }

  async #set(tokens: readonly Token[]): Promise<QueryResult<Values>> {
    const isOurs = PARAMETERS.get(tokens[1]?.text ?? "");
    if (isOurs === undefined) {
      throw await this.#aborted(
        new RedshiftError("42704", `unrecognized configuration parameter "${tokens[1]?.sql ?? ""}"`),
      );
    }
    return await this.#postgres(isOurs ? joinTokens(tokens) : "SET standin.ignored TO on", []);
  }

  async #copy(tokens: readonly Token[]): Promise<QueryResult<Values>> {
    const { s3, roles, logErrors } = this.#host;
    try {
      const command = parseCopy(tokens);
      const isAlone = this.#status === "I";
      if (isAlone) await this.#postgres("BEGIN", []);
      const client = this.#client;
      if (client === undefined) throw new RedshiftError("08003", "the connection is closed");
      await this.#host.beforeCopy(joinTokens(tokens));
      const outcome = await runCopy(client, s3, roles, command);
      const { table, errors, loaded, failed } = outcome;
      if (errors.length > 0) await logErrors(outcome, this.#pid);
      const see = "Check 'stl_load_errors' system table for details.";
      if (failed) throw new RedshiftError("XX000", `Load into table '${table}' failed.  ${see}`);
      await this.#postgres("SELECT set_config('standin.last_copy_count', $1, false)", [String(loaded)]);
      if (isAlone) await this.#postgres("COMMIT", []);
      if (errors.length > 0) {
        this.#send(
          backend.notice(
            `Load into table '${table}' completed, ${errors.length} record(s) could not be loaded.  ${see}`,
          ),
        );
      }
      this.#send(backend.notice(`Load into table '${table}' completed, ${loaded} record(s) loaded successfully.`));
      return { command: "COPY", rowCount: null, oid: 0, fields: [], rows: [] };
    } catch (error) {
      throw await this.#aborted(error instanceof CopySyntaxError ? new RedshiftError("42601", error.message) : error);
    }
  }

  /** An error that did not come from Postgres fails the transaction there too. */
  async #aborted(error: unknown): Promise<unknown> {
    if (this.#status === "T") await this.#postgres("SELECT 1 / 0", []).catch(() => undefined);
    return error;
  }

  #answer({ command, rowCount, fields, rows }: QueryResult<Values>, described: boolean): void {
    if (described) this.#send(fields.length === 0 ? backend.noData() : backend.described(fields));
    for (const row of rows) this.#send(backend.row(row));
    const counted = ["SELECT", "UPDATE", "DELETE"].includes(command) ? `${command} ${rowCount}` : command;
    this.#send(backend.complete(command === "INSERT" ? `INSERT 0 ${rowCount}` : counted));
  }

  #fail(error: unknown): void {
    const { code = "XX000", message, detail } = error as { code?: string; message: string; detail?: string };
    const isConflict = code === "40001";
    const words = isConflict ? "1023" : message;
    // "Serializable isolation": Redshift's number for it.
    const more = isConflict ? `Serializable isolation violation on table: ${message}` : detail;
    this.#send(backend.error({ C: isConflict ? "XX000" : code, M: words, ...(more === undefined ? {} : { D: more }) }));
  }

  #send(...messages: readonly Buffer[]): void {
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat(messages));
  }
}
