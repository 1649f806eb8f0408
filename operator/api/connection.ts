import { z } from "zod";
import { exactlyOne, flag, integer, object, objectName, oneOf, text } from "./fields.ts";
import { HttpConnection, HttpEntry } from "./http/connection.ts";
import { SnowflakeConnection } from "./snowflake-connection.ts";
import { conditions, observedGeneration, timestamp } from "./status.ts";

/** Facts about every Secret that a connection names. */
export const BOUND =
  "Whoever may write a Pipeline or a Connection can read every Secret of the namespace whose name they know, by having it sent to a host of theirs, unless the Secret names the hosts that it is for: in its key allowedHosts (names with commas between, such as *.example.com or db.example.com:5432, or http://api.internal where https is not needed) or host, which no manifest can change.";

const SSL_MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;

/** The field by which a connection gives the Jobs that `use` it a role. */
const serviceAccountName = (use: string) =>
  objectName(
    `ServiceAccount in the same namespace that the Jobs which ${use} run as, for the role that is bound to it (IRSA, EKS Pod Identity). Its Kubernetes token is not mounted. Whoever may write a Pipeline or a Connection can run Jobs as any account of the namespace, just as whoever may create pods there.`,
  ).optional();

const PostgresConnection = object("A Postgres database, with settings named as in libpq.", {
  secretRef: objectName(
    "Secret in the same namespace with the keys host, port, dbname, user (or username), password, sslmode and sslrootcert, or uri. Only the Jobs that use the connection mount it.",
  ).optional(),
  host: text("Host name or address; one that the Secret names, if it names any.", { max: 253 }).optional(),
  port: integer("Port; wins over the Secret's, unless the Secret names a host as well. 5432 if neither is set.", {
    min: 1,
    max: 65_535,
  }).optional(),
  database: text("Database; wins over the Secret's dbname.", { max: 63 }).optional(),
  user: text("Role to log in as; wins over the Secret's.", { max: 63 }).optional(),
  sslMode: oneOf(
    "How TLS is used, as libpq's sslmode; not weaker than the Secret's. `prefer` if neither is set.",
    SSL_MODES,
  ).optional(),
});

const RedshiftConnection = object("An Amazon Redshift cluster or workgroup. It reads the objects of a load itself.", {
  secretRef: objectName(
    "Secret in the same namespace with the keys host, port, dbname, user (or username), password, sslmode and sslrootcert. Only the Jobs that use the connection mount it.",
  ).optional(),
  host: text("Host name of the endpoint; one that the Secret names, if it names any.", {
    max: 253,
  }).optional(),
  port: integer("Port; wins over the Secret's, unless the Secret names a host as well. 5439 if neither is set.", {
    min: 1,
    max: 65_535,
  }).optional(),
  database: text("Database; wins over the Secret's dbname.", { max: 127 }).optional(),
  user: text("User to log in as; wins over the Secret's.", { max: 127 }).optional(),
  sslMode: oneOf(
    "How TLS is used, as libpq's sslmode; not weaker than the Secret's. `prefer` if neither is set.",
    SSL_MODES,
  ).optional(),
  iamRole: text(
    "The role with which COPY reads buckets: the ARN of a role that the cluster may take, several ARNs with commas for a chain, or `default` for the cluster's own. Without it COPY gets the keys of the bucket's connection.",
    {
      max: 1024,
      pattern: /^(default|arn:aws[a-z-]*:iam::[0-9]{12}:role\/[\w+=,.@/-]+)$/,
      expected: "expected default, or the ARN of a role such as arn:aws:iam::123456789012:role/loader",
    },
  ).optional(),
});

const s3Connection = (expressions: boolean) =>
  object(
    "A bucket in S3 or in a store with S3's API.",
    {
      bucket: text("Name of the bucket.", {
        max: 63,
        pattern: /^[a-z0-9][a-z0-9.-]+[a-z0-9]$/,
        expected: "expected a bucket's name, in lower-case letters, digits, dashes and dots",
        expressions,
      }),
      endpoint: text("URL of the store, if it is not AWS.", {
        max: 512,
        pattern: /^https?:\/\/[^/?#@\s]+\/?$/,
        expected: "expected a URL such as http://minio:9000, without user, path and query",
      }).optional(),
      region: text("Region of the bucket.", { max: 64, pattern: /^[a-z0-9-]+$/, expressions }).default("us-east-1"),
      pathStyle: flag(
        "Whether URLs have the bucket in the path instead of the host name. True by default if endpoint is set.",
      ).optional(),
      secretRef: objectName(
        "Secret in the same namespace with the keys accessKeyId, secretAccessKey and, for temporary ones, sessionToken. Without it the Jobs use the role of their service account, never the machine's role.",
      ).optional(),
      serviceAccountName: serviceAccountName("use the bucket"),
    },
    [
      {
        rule: "!(has(self.secretRef) && has(self.serviceAccountName))",
        message: "secretRef gives keys and serviceAccountName a role; set one of them",
        holds: ({ secretRef, serviceAccountName: account }) => secretRef === undefined || account === undefined,
      },
    ],
  );

const FilesConnection = object(
  "Files of a volume. Jobs that use the connection mount it read-only.",
  {
    configMap: objectName("ConfigMap in the same namespace; each key is a file.").optional(),
    persistentVolumeClaim: objectName("PersistentVolumeClaim in the same namespace.").optional(),
  },
  [exactlyOne(["configMap", "persistentVolumeClaim"])],
);

const KINDS = {
  postgres: PostgresConnection.optional(),
  redshift: RedshiftConnection.optional(),
  snowflake: SnowflakeConnection.optional(),
  s3: s3Connection(false).optional(),
  http: HttpConnection.optional(),
  files: FilesConnection.optional(),
} as const;

/** A system that data comes from or goes to. It names a Secret and never holds a value of one. */
export const ConnectionSpec = object("A system that data comes from or goes to: exactly one kind.", KINDS, [
  exactlyOne(Object.keys(KINDS)),
]);
export type ConnectionSpec = z.infer<typeof ConnectionSpec>;

/** A connection as a Pipeline names it: written inline, or a reference to a Connection resource. */
export const ConnectionEntry = object(
  "A connection of this pipeline: written inline, or a reference to a Connection resource.",
  {
    ref: objectName("Connection resource in the same namespace.").optional(),
    ...KINDS,
    // Expressions have a value where a run's parameters are known: a resource has none.
    s3: s3Connection(true).optional(),
    http: HttpEntry.optional(),
  },
  [exactlyOne(["ref", ...Object.keys(KINDS)])],
);
export type ConnectionEntry = z.infer<typeof ConnectionEntry>;

/** The Secret that a connection names. */
export function secretOf(connection: ConnectionSpec): string | undefined {
  const { postgres, redshift, snowflake, s3, http } = connection;
  return (postgres ?? redshift ?? snowflake ?? s3 ?? http)?.secretRef;
}

/** The ServiceAccount that the Jobs which use a connection run as. */
export function serviceAccountOf({ s3 }: ConnectionSpec): string | undefined {
  return s3?.serviceAccountName;
}

export const ConnectionStatus = z
  .object({
    observedGeneration,
    conditions,
    serverVersion: text("Name and version that the system gave in the last test that reached it.", { max: 128 }),
    latencyMilliseconds: integer("Time from request to answer in that test.", { min: 0, max: 1_000_000_000 }),
    tests: integer("Number of the test that began last.", { min: 0, max: Number.MAX_SAFE_INTEGER }),
    jobUid: text("Uid of that test's Job: no other Job counts for it, whatever its name and labels say.", { max: 64 }),
    tested: timestamp("When the last test ended."),
    testRequested: text("The value of the annotation kelt.dev/test-requested that the conditions speak of.", {
      max: 256,
      min: 0,
    }),
  })
  .partial()
  .meta({ description: "What the operator found." });
export type ConnectionStatus = z.infer<typeof ConnectionStatus>;
