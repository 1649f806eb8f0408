import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { GetObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import type { Stage } from "./copy-statement.ts";
import { SnowflakeFailure } from "./failure.ts";

/** Keys that a storage integration stands for; whoever makes one grants Snowflake the role behind it. */
export interface Integration {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface StagedObject {
  readonly uri: string;
  /** Path from the bucket's root, as METADATA$FILENAME has it. */
  readonly name: string;
  readonly etag: string;
  readonly text: string;
}

/** Reads an object with the stage's keys from the S3 server, which checks them. */
export async function readStagedObject(
  stage: Stage,
  file: string,
  integration: Integration | undefined,
): Promise<StagedObject> {
  const { bucket, prefix } = /^s3:\/\/(?<bucket>[^/]+)\/?(?<prefix>.*)$/.exec(stage.url)?.groups ?? {};
  const name = `${prefix ?? ""}${file}`;
  const uri = `s3://${bucket}/${name}`;
  const endpoint = integration?.endpoint ?? `http://${stage.endpoint}`;
  const client = new S3Client({
    region: "us-east-1",
    forcePathStyle: true,
    endpoint: endpoint ?? "",
    maxAttempts: 1,
    credentials: {
      accessKeyId: integration?.accessKey ?? stage.accessKey ?? "",
      secretAccessKey: integration?.secretKey ?? stage.secretKey ?? "",
    },
  });
  try {
    const { Body, ETag = "" } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    return {
      uri,
      name,
      etag: ETag,
      text: decompressed(bytes)
        .toString("utf8")
        .replace(/^\ufeff/, ""),
    };
  } catch (error) {
    throw stageFailure(error, uri);
  } finally {
    client.destroy();
  }
}

/** COMPRESSION = AUTO, by the first bytes. */
function decompressed(bytes: Buffer): Buffer {
  if (bytes.subarray(0, 2).equals(Buffer.of(0x1f, 0x8b))) return gunzipSync(bytes);
  return bytes.subarray(0, 4).equals(Buffer.of(0x28, 0xb5, 0x2f, 0xfd)) ? zstdDecompressSync(bytes) : bytes;
}

function stageFailure(error: unknown, uri: string): unknown {
  if (!(error instanceof S3ServiceException)) return error;
  if (error.name === "NoSuchKey") {
    return new SnowflakeFailure(
      "091016",
      "22000",
      `Remote file '${uri}' was not found. There are several potential causes. The file might not exist.`,
    );
  }
  const cause = `${error.message} (Status Code: ${error.$metadata.httpStatusCode}; Error Code: ${error.name})`;
  return new SnowflakeFailure("091003", "57014", `Failure using stage area. Cause: [${cause}]`);
}
