import type { S3Settings } from "../../connections/s3-settings.ts";
import { ConfigurationError } from "../../errors.ts";
import { quoteTable, type TableName } from "../../sql/identifier.ts";
import { foldName, quoteText } from "../identifier.ts";
import { checkSnowflakeHost, type SnowflakeSettings } from "../settings.ts";

/**
 * Makes a bucket readable for the session: a temporary stage, which is gone with it, as are the keys in it. Snowflake leaves them out of its
 * query history (documentation, "CREATE STAGE", credentials). Throws a ConfigurationError where it has no way to read the bucket.
 */
export function createStageStatement(name: TableName, bucket: S3Settings, settings: SnowflakeSettings): string {
  const { endpoint } = bucket;
  const url = `${endpoint === undefined ? "s3" : "s3compat"}://${bucket.bucket}/`;
  const at = endpoint === undefined ? "" : ` ENDPOINT = ${quoteText(endpoint.replace(/^https?:\/\/|\/$/g, ""))}`;
  return `CREATE TEMPORARY STAGE ${quoteTable(name)} URL = ${quoteText(url)}${at} ${accessOf(bucket, settings)}`;
}

function accessOf({ endpoint, credentials, connection, bound }: S3Settings, settings: SnowflakeSettings): string {
  const { storageIntegration } = settings;
  if (storageIntegration !== undefined && endpoint !== undefined) {
    throw new ConfigurationError(
      "BadConnection",
      `connection ${settings.connection}: storageIntegration is for buckets of AWS, and connection ${connection} has an endpoint of its own. Leave storageIntegration away: Snowflake then gets the keys of ${connection}`,
    );
  }
  if (storageIntegration !== undefined) return `STORAGE_INTEGRATION = ${foldName(storageIntegration)}`;
  if (credentials === undefined) {
    throw new ConfigurationError(
      "BadConnection",
      `connection ${settings.connection}: Snowflake reads the bucket of connection ${connection} itself, and has no key for it: the role of a pod cannot be handed on. Set storageIntegration, or secretRef of ${connection}`,
    );
  }
  // Keys in a statement go to whoever answers it.
  if (bound !== undefined) checkSnowflakeHost(bound, settings);
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const token = sessionToken === undefined ? "" : ` AWS_TOKEN = ${quoteText(sessionToken)}`;
  return `CREDENTIALS = (AWS_KEY_ID = ${quoteText(accessKeyId)} AWS_SECRET_KEY = ${quoteText(secretAccessKey)}${token})`;
}
