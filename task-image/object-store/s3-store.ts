import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import type { S3Credentials, S3Settings } from "../connections/s3-settings.ts";
import { TransientError } from "../errors.ts";
import { uploadObject } from "./multipart-upload.ts";
import { readObjectBody } from "./object-body.ts";
import type { ObjectStore, StoredObject } from "./object-store.ts";
import { isStoreRetryable, storeFailure } from "./store-failure.ts";
import { uploadRequests, withoutQuotes } from "./upload-requests.ts";

/** Tries of one request; the SDK waits longer before each. */
const ATTEMPTS = 6;
const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 60_000;
const PAUSE_MS = 250;
/** The region that CreateBucket must not name: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
const REGION_WITHOUT_CONSTRAINT = "us-east-1";

/** A bucket reached by the AWS SDK. `signal` ends every request. */
export function openS3Store(
  settings: S3Settings,
  credentials: S3Credentials | (() => Promise<S3Credentials>),
  signal: AbortSignal,
): ObjectStore {
  const client = new S3Client({ ...clientConfig(settings), credentials });
  const { bucket } = settings;
  const uri = (key: string) => `s3://${bucket}/${key}`;
  const guard = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw storeFailure(error, settings, doing);
    }
  };
  return {
    connection: settings.connection,
    bucket,
    uri,
    findBucket: () => guard(`looking for bucket ${bucket}`, () => findBucket(client, settings, signal)),
    list: (prefix) => listObjects(client, settings, prefix, signal),
    find: (key) => guard(`looking for ${uri(key)}`, () => findObject(client, bucket, key, signal)),
    read: (object) => readObject(client, settings, object, signal),
    write: (key, body, contentType) =>
      guard(`writing ${uri(key)}`, async () => {
        const requests = uploadRequests(client, { bucket, key, contentType }, signal);
        if (Buffer.isBuffer(body)) return { key, bytes: body.length, etag: await requests.put(body) };
        return { key, ...(await uploadObject(requests, body)) };
      }),
    remove: (key) =>
      guard(`deleting ${uri(key)}`, async () => {
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
      }),
    createBucket: () => guard(`creating bucket ${bucket}`, () => createBucket(client, settings, signal)),
    removeEmptyBucket: () => guard(`deleting bucket ${bucket}`, () => removeEmptyBucket(client, bucket, signal)),
    [Symbol.asyncDispose]: async () => client.destroy(),
  };
}

function clientConfig({ region, endpoint, pathStyle }: S3Settings): S3ClientConfig {
  return {
    region,
    forcePathStyle: pathStyle,
    maxAttempts: ATTEMPTS,
    // Stores other than AWS's refuse checksums that they do not know; every part is signed with its SHA-256 all the same.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: ANSWER_TIMEOUT_MS },
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** A refusal of HEAD has no body that could say why: the answer to a listing has one. */
async function findBucket(
  client: S3Client,
  settings: S3Settings,
  signal: AbortSignal,
): Promise<{ readonly region?: string }> {
  try {
    const head = new HeadBucketCommand({ Bucket: settings.bucket });
    const { BucketRegion } = await client.send(head, { abortSignal: signal });
    return BucketRegion === undefined ? {} : { region: BucketRegion };
  } catch (error) {
    if (isStoreRetryable(error)) throw error;
    for await (const _object of listObjects(client, settings, "", signal)) break;
    return {};
  }
}

async function* listObjects(
  client: S3Client,
  settings: S3Settings,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<StoredObject> {
  const { bucket } = settings;
  const uri = `s3://${bucket}/${prefix}`;
  try {
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }, { abortSignal: signal });
    let last: string | undefined;
    for await (const { Contents = [], IsTruncated, NextContinuationToken } of pages) {
      if (IsTruncated === true && (NextContinuationToken ?? last) === last) throw brokenListing(uri);
      last = NextContinuationToken;
      for (const { Key, Size, ETag } of Contents) {
        if (Key !== undefined) yield { key: Key, bytes: Size ?? 0, etag: withoutQuotes(ETag) };
      }
    }
  } catch (error) {
    throw storeFailure(error, settings, `listing ${uri}`);
  }
}

/** Without a way to the next page, or with a way to the same one, a listing would be shorter than the bucket, or have no end. */
function brokenListing(uri: string): TransientError {
  return new TransientError(
    "BrokenListing",
    `listing ${uri}: expected the token of the next page, found none, or that of the page before. Nothing has been read`,
  );
}

async function findObject(
  client: S3Client,
  bucket: string,
  key: string,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  try {
    const head = new HeadObjectCommand({ Bucket: bucket, Key: key });
    const { ContentLength, ETag } = await client.send(head, { abortSignal: signal });
    return { key, bytes: ContentLength ?? 0, etag: withoutQuotes(ETag) };
  } catch (error) {
    if ((error as { name?: string }).name === "NotFound") return undefined;
    throw error;
  }
}

function readObject(client: S3Client, settings: S3Settings, object: StoredObject, signal: AbortSignal): Readable {
  const { key, bytes, etag } = object;
  const uri = `s3://${settings.bucket}/${key}`;
  return readObjectBody({
    uri,
    bytes,
    mayRetry: (error) => !signal.aborted && isStoreRetryable(error),
    pause: (fruitless) => sleep(PAUSE_MS * 2 ** fruitless, undefined, { signal }),
    explain: (error) => storeFailure(error, settings, `reading ${uri}`),
    open: async (offset) => {
      const range = offset === 0 ? {} : { Range: `bytes=${offset}-` };
      const get = new GetObjectCommand({ Bucket: settings.bucket, Key: key, IfMatch: `"${etag}"`, ...range });
      const { Body, ContentRange, ETag } = await client.send(get, { abortSignal: signal });
      // Not every store knows If-Match.
      if (ETag !== undefined && withoutQuotes(ETag) !== etag) {
        (Body as Readable).destroy();
        throw Object.assign(new Error(`its etag is ${ETag} now, not "${etag}"`), { name: "PreconditionFailed" });
      }
      return { body: Body as Readable, contentRange: ContentRange };
    },
  });
}

async function createBucket(client: S3Client, { bucket, region }: S3Settings, signal: AbortSignal): Promise<boolean> {
  const place = region === REGION_WITHOUT_CONSTRAINT ? undefined : { LocationConstraint: region as "eu-west-1" };
  try {
    const create = new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: place });
    await client.send(create, { abortSignal: signal });
    return true;
  } catch (error) {
    if ((error as { name?: string }).name === "BucketAlreadyOwnedByYou") return false;
    throw error;
  }
}

/** Old versions of objects count as well: https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html */
async function removeEmptyBucket(client: S3Client, bucket: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.send(new DeleteBucketCommand({ Bucket: bucket }), { abortSignal: signal });
    return true;
  } catch (error) {
    const { name } = error as { name?: string };
    if (name === "BucketNotEmpty") return false;
    if (name === "NoSuchBucket") return true;
    throw error;
  }
}
