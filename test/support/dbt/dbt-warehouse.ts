import { afterAll, beforeAll, beforeEach } from "vitest";
import { openBucket } from "../servers/bucket.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../servers/postgres.ts";
import { type S3Server, startS3Server } from "../servers/versitygw.ts";

/** A database that projects are built in, new for each test. */
export interface DbtWarehouse {
  readonly warehouse: TestDatabase;
}

/** Has it made for the suite that calls it. */
export function useDbtWarehouse(): DbtWarehouse {
  let server: PostgresServer;
  let warehouse: TestDatabase;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    warehouse = await server.createDatabase();
  });
  return {
    get warehouse() {
      return warehouse;
    },
  };
}

/** Has a store with the bucket `lake` made for the artifacts of the suite that calls it. */
export function useLake(): { readonly s3: S3Server } {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3Server();
    await using _ = await openBucket(s3, "lake");
  });
  afterAll(() => s3.stop());
  return {
    get s3() {
      return s3;
    },
  };
}
