import { object, objectName, text } from "./fields.ts";

/** A Snowflake database, and how one logs in to it. */
export const SnowflakeConnection = object("A Snowflake database. It reads the objects of a load itself.", {
  secretRef: objectName(
    "Secret in the same namespace with the key user and one of password, token (a programmatic access token) and privateKey (PEM, for key-pair authentication, with privateKeyPassphrase where it is encrypted). Only the Jobs that use the connection mount it.",
  ),
  account: text("Account identifier, such as `acme-analytics`.", {
    max: 255,
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    expected: "expected an account identifier such as acme-analytics, without .snowflakecomputing.com",
  }),
  endpoint: text(
    "URL of the account, if it is not `https://ACCOUNT.snowflakecomputing.com`: a private link, for example.",
    {
      max: 512,
      pattern: /^https?:\/\/[^/?#@\s]+\/?$/,
      expected: "expected a URL such as https://acme.privatelink.snowflakecomputing.com, without user, path and query",
    },
  ).optional(),
  user: text("User to log in as; wins over the Secret's.", { max: 255 }).optional(),
  database: text("Database; unquoted, as SQL would write it.", { max: 255 }),
  warehouse: text("Virtual warehouse that runs the statements. The user's default if it is missing.", {
    max: 255,
  }).optional(),
  role: text("Role of the session. The user's default if it is missing.", { max: 255 }).optional(),
  storageIntegration: text(
    "Storage integration with which Snowflake reads buckets. Without it Snowflake gets the keys of the bucket's connection.",
    { max: 255, pattern: /^[A-Za-z_][A-Za-z0-9_$]*$/, expected: "expected the name of a storage integration" },
  ).optional(),
});
