import { quoteName, quoteText } from "./sql-text.ts";
import type { UpstreamSession } from "./upstream.ts";

/** What goes with a table wherever its name goes, and what fakesnow does not keep. */
interface Properties {
  comment: string;
  readonly isTransient: boolean;
  /** `PRIVILEGE ROLE`. */
  readonly grants: Set<string>;
  /** COPY's memory of this table: URI → etag. 64 days in Snowflake; it is gone with the table. */
  readonly loaded: Map<string, string>;
}

/** A table's name with its schema, folded. */
export type Path = readonly [schema: string, table: string];

/** The tables that were made through the stand-in. */
export class Tables {
  readonly #tables = new Map<string, Properties>();

  of([schema, table]: Path): Properties {
    const key = `${schema}.${table}`;
    const known = this.#tables.get(key) ?? { comment: "", isTransient: false, grants: new Set(), loaded: new Map() };
    this.#tables.set(key, known);
    return known;
  }

  made(
    [schema, table]: Path,
    properties: { readonly comment: string; readonly isTransient: boolean; readonly grantsOf?: Path | undefined },
  ): void {
    const grants = new Set(properties.grantsOf === undefined ? [] : this.of(properties.grantsOf).grants);
    this.#tables.set(`${schema}.${table}`, { ...properties, grants, loaded: new Map() });
  }

  dropped([schema, table]: Path): void {
    this.#tables.delete(`${schema}.${table}`);
  }

  /** `ALTER TABLE … RENAME TO …`: everything that is the table's goes along. */
  async rename(session: UpstreamSession, from: Path, to: Path): Promise<void> {
    await session.run(`ALTER TABLE ${quotePath(from)} RENAME TO ${quotePath(to)}`);
    const moved = this.of(from);
    this.dropped(from);
    this.#tables.set(to.join("."), moved);
    await this.writeComment(session, to);
  }

  /** `ALTER TABLE … SWAP WITH …`: two renames in one step, grants included (Snowflake documentation, "ALTER TABLE", SWAP WITH). */
  async swap(session: UpstreamSession, one: Path, other: Path): Promise<void> {
    const aside: Path = [one[0], `${one[1]}$SWAPPED`];
    await session.run("BEGIN");
    try {
      for (const [from, to] of [
        [one, aside],
        [other, one],
        [aside, other],
      ] as const) {
        await session.run(`ALTER TABLE ${quotePath(from)} RENAME TO ${quotePath(to)}`);
      }
      await session.run("COMMIT");
    } catch (error) {
      await session.run("ROLLBACK");
      throw error;
    }
    const [first, second] = [this.of(one), this.of(other)];
    this.#tables.set(one.join("."), second);
    this.#tables.set(other.join("."), first);
    for (const path of [one, other]) await this.writeComment(session, path);
  }

  /** fakesnow keeps comments by name, and puts them between quotes as they are. */
  async writeComment(session: UpstreamSession, path: Path): Promise<void> {
    const comment = this.of(path).comment.replaceAll("'", "''");
    await session.run(`COMMENT ON TABLE ${quotePath(path)} IS ${quoteText(comment)}`);
  }
}

export function quotePath(path: readonly string[]): string {
  return path.map(quoteName).join(".");
}
