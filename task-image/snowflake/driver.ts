import type { ConfigureOptions, Connection, ConnectionOptions } from "snowflake-sdk";

/**
 * The driver looks at these when it is loaded. Asking the cloud's metadata addresses where it runs, loading a native library that
 * does nothing but say its version, and making a directory for answers of OCSP responders are of no use in a pod.
 */
const SWITCHES = {
  SNOWFLAKE_DISABLE_PLATFORM_DETECTION: "true",
  SNOWFLAKE_DISABLE_MINICORE: "true",
  SF_OCSP_RESPONSE_CACHE_DIR: "/",
} as const;

/** The part of the driver that is used. */
interface Driver {
  configure(options: ConfigureOptions): void;
  createConnection(options: ConnectionOptions): Connection;
}

let driver: Promise<Driver> | undefined;

/**
 * Snowflake's driver, imported when it is wanted. It writes no log, because it would write a file into the working directory; it asks no
 * OCSP responder, which pods cannot reach as a rule and which Snowflake has its drivers do without: certificates are verified as
 * everywhere else.
 */
export function loadDriver(): Promise<Driver> {
  driver ??= (async () => {
    Object.assign(process.env, SWITCHES);
    const { default: loaded } = await import("snowflake-sdk");
    loaded.configure({ logLevel: "OFF", disableOCSPChecks: true });
    return loaded;
  })();
  return driver;
}
