import type { Client } from "pg";
import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../commands/command.ts";
import { namedConnection } from "../connections/named-connection.ts";
import { readPostgresSettings } from "../connections/postgres-settings.ts";
import { applicationNameOf, connect, type Session } from "../postgres/session.ts";

/**
 * Settings of every session (Amazon Redshift Database Developer Guide, Configuration reference): names are folded whatever the
 * cluster says, times mean the same everywhere, and no time limit ends a long COPY.
 */
const SETTINGS = `SET enable_case_sensitive_identifier TO off; SET timezone TO 'UTC'; SET datestyle TO 'ISO,YMD';
SET statement_timeout TO 0`;

/** Connects to a connection of kind redshift. Throws a TaskFailure that says which connection, host, database and user. */
export async function openRedshiftSession(
  spec: TaskSpec,
  connection: string,
  context: Pick<CommandContext, "signal" | "redactor">,
): Promise<Session> {
  const named = namedConnection(spec, connection, "redshift");
  const settings = await readPostgresSettings(connection, named, context.redactor);
  return await connect(settings, applicationNameOf(spec), context.signal, { configure });
}

async function configure(client: Client): Promise<number> {
  await client.query(SETTINGS);
  const { rows } = await client.query<{ version: string }>("SELECT version() AS version");
  return Number(
    versionOf(rows[0]?.version ?? "")
      .split(".")
      .at(-1),
  );
}

/** The version that a cluster calls itself: 1.0.12103 of "PostgreSQL 8.0.2 on … Redshift 1.0.12103". */
export function versionOf(text: string): string {
  return /Redshift ([0-9.]+)/.exec(text)?.[1] ?? "0";
}
