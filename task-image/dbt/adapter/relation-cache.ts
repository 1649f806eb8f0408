import type { RelationPath, StoredRelation } from "./relation-path.ts";

/** What the cache is asked; names of databases, schemas and relations are compared without regard to case, as dbt does. */
export type CacheCall =
  /** The relations of a schema; undefined where it was never listed. */
  | { readonly call: "list"; readonly database: string; readonly schema: string }
  /** A schema was listed, and these are its relations. */
  | {
      readonly call: "fill";
      readonly database: string;
      readonly schema: string;
      readonly relations: readonly StoredRelation[];
    }
  | { readonly call: "add"; readonly relation: StoredRelation }
  /** With all that depends on it, because the database drops that, too. */
  | { readonly call: "drop"; readonly relation: RelationPath }
  | { readonly call: "rename"; readonly from: RelationPath; readonly to: StoredRelation }
  | { readonly call: "dropSchema"; readonly database: string; readonly schema: string }
  /** A view reads a relation. Of a schema that was never listed nothing is kept. */
  | { readonly call: "link"; readonly dependent: RelationPath; readonly referenced: RelationPath };

/** What the server makes names of: all parts in quotes. */
export const QUOTED = { database: true, schema: true, identifier: true };

interface Entry {
  readonly relation: StoredRelation;
  /** Keys of the views that read it. */
  readonly dependents: Set<string>;
}

/** The relations of the database as a run knows them, so that no macro asks twice. One for all threads of a run. */
export class RelationCache {
  readonly #schemas = new Set<string>();
  readonly #entries = new Map<string, Entry>();

  /** Answers `list`; everything else changes the cache. */
  answer(call: CacheCall): readonly StoredRelation[] | undefined {
    switch (call.call) {
      case "list":
        return this.#list(call.database, call.schema);
      case "fill":
        this.#schemas.add(schemaKey(call.database, call.schema));
        for (const relation of call.relations) this.#add(relation);
        return undefined;
      case "add":
        this.#add(call.relation);
        return undefined;
      case "drop":
        this.#drop(keyOf(call.relation));
        return undefined;
      case "rename":
        this.#rename(call.from, call.to);
        return undefined;
      case "dropSchema":
        this.#dropSchema(call.database, call.schema);
        return undefined;
      case "link":
        this.#link(call.dependent, call.referenced);
        return undefined;
    }
  }

  #list(database: string, schema: string): readonly StoredRelation[] | undefined {
    const key = schemaKey(database, schema);
    if (!this.#schemas.has(key)) return undefined;
    return [...this.#entries.values()]
      .map(({ relation }) => relation)
      .filter((relation) => schemaKey(relation.database, relation.schema) === key);
  }

  /** A relation that is known stays as it is. */
  #add(relation: StoredRelation): void {
    this.#schemas.add(schemaKey(relation.database, relation.schema));
    if (this.#entries.has(keyOf(relation))) return;
    this.#entries.set(keyOf(relation), { relation, dependents: new Set() });
  }

  #link(dependent: RelationPath, referenced: RelationPath): void {
    if (!this.#schemas.has(schemaKey(referenced.database, referenced.schema))) return;
    for (const each of [dependent, referenced]) this.#add({ ...each, type: "external", quote: QUOTED, isOwn: false });
    this.#entries.get(keyOf(referenced))?.dependents.add(keyOf(dependent));
  }

  #drop(key: string): void {
    const dropped = this.#entries.get(key);
    this.#entries.delete(key);
    for (const dependent of dropped?.dependents ?? []) this.#drop(dependent);
  }

  /** Views follow a relation that is renamed: they read it under its new name. */
  #rename(from: RelationPath, to: StoredRelation): void {
    const [before, after] = [keyOf(from), keyOf(to)];
    const entry = this.#entries.get(before);
    if (entry === undefined) {
      this.#add(to);
      return;
    }
    this.#entries.delete(before);
    for (const { dependents } of this.#entries.values()) if (dependents.delete(before)) dependents.add(after);
    const { database, schema, identifier } = to;
    this.#schemas.add(schemaKey(database, schema));
    this.#entries.set(after, { ...entry, relation: { ...entry.relation, database, schema, identifier } });
  }

  #dropSchema(database: string, schema: string): void {
    const key = schemaKey(database, schema);
    this.#schemas.delete(key);
    for (const [entry, { relation }] of [...this.#entries]) {
      if (schemaKey(relation.database, relation.schema) === key) this.#drop(entry);
    }
  }
}

function schemaKey(database: string | null, schema: string | null): string {
  return JSON.stringify([database, schema]).toLowerCase();
}

function keyOf({ database, schema, identifier }: RelationPath): string {
  return JSON.stringify([database, schema, identifier]).toLowerCase();
}
