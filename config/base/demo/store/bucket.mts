import { createHash, createHmac } from "node:crypto";

export interface Bucket {
  readonly endpoint: string;
  readonly name: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

const REGION = "us-east-1";

/** Makes the bucket where it is missing. */
export async function createBucket(bucket: Bucket): Promise<void> {
  await put(bucket, `/${bucket.name}`, Buffer.alloc(0), [409]);
}

/** Writes an object. Its key may have letters, digits and `/ - _ .`, which no URL has to encode. */
export async function putObject(bucket: Bucket, key: string, body: Buffer): Promise<void> {
  await put(bucket, `/${bucket.name}/${key}`, body, []);
}

async function put(bucket: Bucket, path: string, body: Buffer, welcome: readonly number[]): Promise<void> {
  const url = new URL(path, bucket.endpoint);
  const response = await fetch(url, {
    method: "PUT",
    headers: signedHeaders(bucket, url, body),
    body: new Uint8Array(body),
  });
  const answer = await response.text();
  if (!response.ok && !welcome.includes(response.status)) {
    throw new Error(`PUT ${path}: the store answered ${response.status} ${answer}`);
  }
}

/** Signature version 4, as "Authenticating Requests (AWS Signature Version 4)" of the S3 API reference has it. */
function signedHeaders(bucket: Bucket, url: URL, body: Buffer): Record<string, string> {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const headers = { host: url.host, "x-amz-content-sha256": sha256(body), "x-amz-date": time };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const request = ["PUT", url.pathname, "", lines.join(""), names, headers["x-amz-content-sha256"]].join("\n");
  const scope = `${day}/${REGION}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(Buffer.from(request))].join("\n");
  const key = [day, REGION, "s3", "aws4_request"].reduce<Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    Buffer.from(`AWS4${bucket.secretKey}`),
  );
  const signature = createHmac("sha256", key).update(text).digest("hex");
  const credential = `Credential=${bucket.accessKey}/${scope}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
