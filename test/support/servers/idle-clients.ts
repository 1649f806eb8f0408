import type pg from "pg";

/** What a session may keep for the one after it, or what only a new session sees. */
const LEAVES_TRACES =
  /\b(?:SET|BEGIN|PREPARE|LISTEN|TEMP|TEMPORARY|LOCK|ALTER DATABASE|ALTER ROLE|set_config|pg_terminate_backend)\b/i;
/** Of a server that takes sixty, whose databases are hundreds. */
const IDLE_MAX = 4;

/** Clients of one server that have nothing to do, kept for the next statement: a new session costs more than most statements do. */
export class IdleClients {
  readonly #idle: { readonly database: string; readonly client: pg.Client }[] = [];
  readonly #connect: (database: string) => Promise<pg.Client>;

  constructor(connect: (database: string) => Promise<pg.Client>) {
    this.#connect = connect;
  }

  async query(database: string, sql: string): Promise<Record<string, string | null>[]> {
    const client = this.#take(database) ?? (await this.#connectAnew(database));
    try {
      const results = [await client.query(sql)].flat();
      if (LEAVES_TRACES.test(sql)) await client.end();
      else await this.#keep(database, client);
      return (results.at(-1)?.rows ?? []) as Record<string, string | null>[];
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.#idle.splice(0).map(({ client }) => client.end()));
  }

  #take(database: string): pg.Client | undefined {
    const at = this.#idle.findLastIndex((one) => one.database === database);
    return at === -1 ? undefined : this.#idle.splice(at, 1)[0]?.client;
  }

  async #connectAnew(database: string): Promise<pg.Client> {
    const client = await this.#connect(database);
    client.once("end", () => {
      const at = this.#idle.findIndex((one) => one.client === client);
      if (at !== -1) this.#idle.splice(at, 1);
    });
    return client;
  }

  async #keep(database: string, client: pg.Client): Promise<void> {
    this.#idle.push({ database, client });
    const oldest = this.#idle.length > IDLE_MAX ? this.#idle.shift() : undefined;
    await oldest?.client.end();
  }
}
