import type { S3Settings } from "../../connections/s3-settings.ts";
import { ConfigurationError } from "../../errors.ts";
import type { OwnObjects } from "../../object-store/own-objects.ts";
import type { ObjectGroup } from "../../objects/object-groups.ts";
import type { Session } from "../../postgres/session.ts";
import { type BucketAccess, type Copy, copyStatement } from "./copy-statement.ts";

/** A bucket that kelt writes what COPY needs into, and how COPY may read it. */
export interface CopyBucket extends OwnObjects {
  readonly region: string;
  readonly access: BucketAccess;
}

/** The bucket of a load. Throws a ConfigurationError when nothing lets COPY read it. */
export function copyBucket(own: OwnObjects, settings: S3Settings, warehouse: CopyingWarehouse): CopyBucket {
  return { ...own, region: settings.region, access: accessOf(settings, warehouse) };
}

/** Whoever reads the bucket. */
export interface CopyingWarehouse {
  readonly host: string;
  readonly port: number;
  readonly iamRole?: string | undefined;
}

function accessOf({ connection, credentials, bound }: S3Settings, warehouse: CopyingWarehouse): BucketAccess {
  const { host, port, iamRole } = warehouse;
  if (iamRole !== undefined) return { kind: "role", role: iamRole };
  if (credentials !== undefined) {
    // Keys in a statement go to whoever answers it.
    bound?.check("redshift.host", host, port);
    return { kind: "keys", ...credentials };
  }
  throw new ConfigurationError(
    "NoCredentials",
    `connection ${connection}: Redshift reads its objects itself and has neither a role nor keys for it. Set redshift.iamRole in the warehouse's connection, or secretRef in this one`,
  );
}

/** What COPYs of one table came to. */
export interface CopiedObjects {
  readonly rows: number;
  /** What Redshift said about rows that it left out: how many, and its words. */
  readonly leftOut: number;
  readonly notice: string;
}

interface CopyOfTable extends Omit<Copy, "manifest" | "region" | "access" | "compression" | "columns"> {
  /** What names of manifests begin with. */
  readonly name: string;
}

/**
 * Copies groups of objects into a table of the session, in one transaction, each group by one COPY over a manifest that makes every
 * object mandatory: without it Redshift would pass over a missing one in silence. `columnsOf` names the columns that the cells of a
 * group go to. Rejects with Redshift's own error.
 */
export async function copyObjects(
  session: Session,
  bucket: CopyBucket,
  copy: CopyOfTable,
  groups: readonly ObjectGroup[],
  columnsOf: (group: ObjectGroup) => readonly string[],
): Promise<CopiedObjects> {
  const notices = new NoticeReader(session);
  let rows = 0;
  try {
    await session.query("BEGIN");
    for (const [index, group] of groups.entries()) {
      const { region, access } = bucket;
      const manifest = await writeManifest(bucket, `${copy.name}-${index}.manifest`, group);
      const { compression } = group;
      await session.query(copyStatement({ ...copy, manifest, region, access, compression, columns: columnsOf(group) }));
      const { rows: counts } = await session.query<{ count: string }>("SELECT pg_last_copy_count() AS count");
      rows += Number(counts[0]?.count ?? 0);
    }
    await session.query("COMMIT");
    return { rows, leftOut: notices.leftOut, notice: notices.notice };
  } finally {
    notices.stop();
  }
}

async function writeManifest({ store, prefix }: CopyBucket, name: string, { objects }: ObjectGroup): Promise<string> {
  const entries = objects.map(({ uri }) => ({ url: uri, mandatory: true }));
  const { key } = await store.write(`${prefix}${name}`, Buffer.from(JSON.stringify({ entries })), "application/json");
  return store.uri(key);
}

/** Counts the rows that COPY says it could not load: it says so in a notice, not in its answer. */
class NoticeReader {
  leftOut = 0;
  notice = "";
  readonly #session: Session;
  readonly #read = ({ message = "" }: { readonly message?: string | undefined }) => {
    const [, count] = /([0-9]+) record\(s\) could not be loaded/.exec(message) ?? [];
    if (count === undefined) return;
    this.leftOut += Number(count);
    this.notice = message;
  };

  constructor(session: Session) {
    this.#session = session;
    session.client.on("notice", this.#read);
  }

  stop(): void {
    this.#session.client.off("notice", this.#read);
  }
}
