import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client, QueryArrayResult } from "pg";
import { hidesRows, isServerError, serverMessage } from "../../postgres/failure.ts";
import { applySettings, type Session } from "../../postgres/session.ts";
import type { BridgeSession } from "./answering.ts";
import type { RefusedStatement, StatementResult } from "./messages.ts";

/**
 * Settings of a session of dbt: limits and keepalives as for all sessions; whatever changes what SQL means stays as server and role
 * have it, because a project was written for that. Dates are printed as ISO, as dbt's driver asks for. Unlike with dbt no statement
 * leaves out in silence what row level security hides.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  DateStyle: "ISO",
  row_security: "off",
  IntervalStyle: "postgres",
  extra_float_digits: "1",
  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "60000",
  client_connection_check_interval: "5000",
};

/** For `SessionOptions.configure`: answers the server's version. */
export function configureForDbt(client: Client): Promise<number> {
  return applySettings(client, SETTINGS);
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html, ReadyForQuery */
const IDLE = "I";
const AS_TEXT = { getTypeParser: () => (cell: string) => cell };

/** A session of Postgres for a thread that renders. */
export function bridgeSession(session: Session): BridgeSession {
  const { client } = session;
  let tag = "";
  // The driver keeps the first word of a command's tag alone.
  client.connection.on("commandComplete", ({ text }: { readonly text: string }) => {
    tag = text;
  });
  let isInTransaction = false;
  client.connection.on("readyForQuery", ({ status }: { readonly status: string }) => {
    isInTransaction = status !== IDLE;
  });
  const refusable = async (work: () => Promise<StatementResult>) => {
    try {
      tag = "";
      return await work();
    } catch (error) {
      if (!isServerError(error) || error.severity === "FATAL") throw error;
      return { refused: refusedStatement(error) };
    }
  };
  return {
    run: (sql) =>
      refusable(async () => {
        const query = { text: sql, rowMode: "array" as const, types: AS_TEXT };
        const answer = (await client.query(query as never)) as QueryArrayResult | QueryArrayResult[];
        const last = [answer].flat().at(-1);
        const columns = (last?.fields ?? []).map(({ name, dataTypeID }) => ({ name, type: dataTypeID }));
        return { rows: last?.rows ?? [], columns, tag, isInTransaction };
      }),
    copy: (sql, input) =>
      refusable(async () => {
        const { from } = (await import("pg-copy-streams")).default;
        await pipeline(Readable.from([Buffer.from(input)]), client.query(from(sql)));
        return { rows: [], columns: [], tag };
      }),
  };
}

const HIDDEN_ROWS =
  "Rows may be hidden from this role, and what is built would be a part that looks like the whole. Build as a role with BYPASSRLS or as the table's owner; where a part is wanted, say so by the hook `set row_security = on`";

function refusedStatement(error: Parameters<typeof serverMessage>[0]): RefusedStatement {
  const position = error.position === undefined ? undefined : Number(error.position);
  const advice = hidesRows(error) ? `. ${HIDDEN_ROWS}` : "";
  return { sqlState: error.code, message: `${serverMessage(error)}${advice}`, position };
}
