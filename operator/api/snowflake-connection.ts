import { object, objectName, text } from "./fields.ts";

/** A Snowflake database, and how one logs in to it. */
export const SnowflakeConnection = object("A Snowflake database; it reads the objects that are loaded itself.", {
  secretRef: objectName(
    "Secret in the same namespace with the key user and one of password, token (a programmatic access token) and privateKey (PEM, for key-pair authentication, with privateKeyPassphrase where it is encrypted). Only the Jobs that use the connection mount it.",
  ),
  account: text("Account identifier, such as `acme-analytics`.", {
    max: 255,
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    expected: "expected an account identifier such as acme-analytics, without .snowflakecomputing.com",
  }),
  endpoint: text(
    "URL of the account where it is not `https://ACCOUNT.snowflakecomputing.com`, as with a private link.",
    {
      max: 512,
      pattern: /^https?:\/\/[^/?#@\s]+\/?$/,
      expected: "expected a URL such as https://acme.privatelink.snowflakecomputing.com, without user, path and query",
    },
  ).optional(),
  user: text("User to log in as; wins over the Secret's.", { max: 255 }).optional(),
  database: text("Database; unquoted, as SQL would write it.", { max: 255 }),
  warehouse: text("Virtual warehouse that the statements run on; the user's default where it is missing.", {
    max: 255,
  }).optional(),
  role: text("Role of the session; the user's default where it is missing.", { max: 255 }).optional(),
  storageIntegration: text(
    "Storage integration that Snowflake reads buckets with. Without it, it gets the keys of the bucket's connection.",
    { max: 255, pattern: /^[A-Za-z_][A-Za-z0-9_$]*$/, expected: "expected the name of a storage integration" },
  ).optional(),
});
