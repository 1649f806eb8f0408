import { quoteIdentifier } from "../../sql/identifier.ts";

/** A column as the source's catalog describes it, domains already followed down to the type below them. */
export interface CatalogColumn {
  readonly name: string;
  /** pg_type.typname of the type, or of its elements when it is an array. */
  readonly typeName: string;
  readonly isArray: boolean;
  /** Whether the type (of the elements) came with Postgres itself. */
  readonly isBuiltIn: boolean;
  /** The type as SQL declares it: `numeric(38,18)`, `timestamp with time zone[]`. */
  readonly declaration: string;
  readonly notNull: boolean;
}

/** How a column of the source travels. */
export interface SourceColumn {
  readonly name: string;
  /** Its type at the destination. */
  readonly type: string;
  readonly notNull: boolean;
  /** What the COPY selects. */
  readonly expression: string;
  /** Whether its binary form means the same on every server. */
  readonly binary: boolean;
}

/** Built-in types whose binary form (typsend, typreceive) is the same on all supported versions. */
const BINARY_TYPES: ReadonlySet<string> = new Set(
  `bool bytea char name int2 int4 int8 oid text json jsonb float4 float8 varchar bpchar date time timetz timestamp
   timestamptz interval numeric uuid inet cidr macaddr macaddr8 bit varbit tsvector tsquery point lseg path box polygon
   line circle int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange
   tsmultirange tstzmultirange datemultirange pg_lsn`.split(/\s+/),
);

/** Built-in types that every server knows, but whose binary form depends on the server: money on its locale, xml on libxml. */
const TEXT_TYPES: ReadonlySet<string> = new Set(["money", "xml", "jsonpath", "tid", "xid", "xid8", "cid"]);

/**
 * Built-in types stay what they are. Types that only the source knows (enums, composites, types of extensions) and types that
 * point into its catalog (regclass, aclitem) become text, arrays of them arrays of text. Generated columns, identities and
 * serial keys are plain columns at the destination: their values are the source's.
 */
export function sourceColumn(column: CatalogColumn): SourceColumn {
  const { name, declaration, notNull } = column;
  const quoted = quoteIdentifier(name);
  const binary = column.isBuiltIn && BINARY_TYPES.has(column.typeName);
  if (binary || (column.isBuiltIn && TEXT_TYPES.has(column.typeName))) {
    return { name, type: declaration, notNull, expression: quoted, binary };
  }
  const type = column.isArray ? "text[]" : "text";
  return { name, type, notNull, expression: `${quoted}::${type} AS ${quoted}`, binary: true };
}
