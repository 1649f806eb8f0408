import type { TaskConnectionOf } from "#api/task.ts";
import { ConfigurationError } from "../errors.ts";
import type { Redactor } from "../redaction.ts";
import { type BoundHosts, boundHosts, portOfUrl } from "./bound-hosts.ts";
import { readSecretFiles } from "./secret-files.ts";

/** Everything that is needed to use a bucket. */
export interface S3Settings {
  /** Name of the connection in the manifest, for messages. */
  readonly connection: string;
  /** The Secret that the keys stand in, for messages. */
  readonly secretName?: string;
  /** The account that the pod runs as for this connection, for messages. */
  readonly serviceAccountName?: string;
  readonly bucket: string;
  readonly region: string;
  /** An http(s) URL; AWS's own for the region where it is missing. */
  readonly endpoint?: string;
  readonly pathStyle: boolean;
  /** Where the keys may go: a warehouse that reads the bucket with them gets them too. */
  readonly bound?: BoundHosts;
  /** Missing where the role of the pod's service account is to be used. */
  readonly credentials?: S3Credentials;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const KEYS = "accessKeyId, secretAccessKey and, for temporary ones, sessionToken";

/** Settings of a connection. Throws a ConfigurationError that names the missing key of the Secret. */
export async function readS3Settings(
  connection: string,
  options: TaskConnectionOf<"s3">,
  redactor: Redactor,
): Promise<S3Settings> {
  const { secretName, serviceAccountName, bucket, region, endpoint } = options;
  const secret = await readSecretFiles(connection, options, redactor);
  const bound = boundHosts(connection, secretName, secret);
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  bound.check(endpoint === undefined ? "s3.region" : "s3.endpoint", url.hostname, portOfUrl(url));
  const credentials = secretName === undefined ? undefined : credentialsOf(connection, secretName, secret);
  return {
    connection,
    ...(secretName === undefined ? {} : { secretName }),
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    bucket,
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    pathStyle: options.pathStyle ?? endpoint !== undefined,
    bound,
    ...(credentials === undefined ? {} : { credentials }),
  };
}

function credentialsOf(connection: string, secretName: string, secret: ReadonlyMap<string, string>): S3Credentials {
  const text = (key: string): string => {
    const value = secret.get(key);
    if (value !== undefined) return value;
    const found = secret.size === 0 ? "none" : [...secret.keys()].join(", ");
    throw new ConfigurationError(
      "SecretIncomplete",
      `connection ${connection}: Secret "${secretName}" does not exist or has no key ${key} (found: ${found}). Create it with the keys ${KEYS} in the pipeline's namespace and run again`,
    );
  };
  const sessionToken = secret.get("sessionToken");
  return {
    accessKeyId: text("accessKeyId"),
    secretAccessKey: text("secretAccessKey"),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}
