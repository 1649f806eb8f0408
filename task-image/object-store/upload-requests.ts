import { setTimeout as sleep } from "node:timers/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { UploadRequests } from "./multipart-upload.ts";

/** The time that taking parts away may take, once everything else has been told to stop. */
const ABORT_TIMEOUT_MS = 3000;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html: it can take more than one request. */
const ABORT_PAUSES_MS = [50, 100, 200, 400, 0];

export interface ObjectDraft {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
}

/** The requests that write one object. `signal` ends all of them but the one that takes parts away. */
export function uploadRequests(client: S3Client, draft: ObjectDraft, signal: AbortSignal): UploadRequests {
  const object = { Bucket: draft.bucket, Key: draft.key };
  const described = { ...object, ContentType: draft.contentType };
  const options = { abortSignal: signal };
  return {
    put: async (bytes) => {
      const { ETag } = await client.send(new PutObjectCommand({ ...described, Body: bytes }), options);
      return withoutQuotes(ETag);
    },
    begin: async () => {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(described), options);
      return UploadId ?? "";
    },
    part: async (UploadId, PartNumber, bytes) => {
      const part = new UploadPartCommand({ ...object, UploadId, PartNumber, Body: bytes });
      const { ETag } = await client.send(part, options);
      return ETag ?? "";
    },
    complete: async (UploadId, etags) => {
      const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
      const complete = new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } });
      const { ETag } = await client.send(complete, options);
      return withoutQuotes(ETag);
    },
    abort: async (UploadId) => {
      const abort = () => new AbortMultipartUploadCommand({ ...object, UploadId });
      if (!signal.aborted) return void (await client.send(abort()));
      // The store may still be writing a part whose request was cut off; then it keeps that part. It is asked until it knows none.
      const abortSignal = AbortSignal.timeout(ABORT_TIMEOUT_MS);
      for (const pause of ABORT_PAUSES_MS) {
        await client.send(abort(), { abortSignal });
        await sleep(pause);
      }
    },
  };
}

/** An etag as listings are compared by. */
export function withoutQuotes(etag: string | undefined): string {
  return (etag ?? "").replace(/^(W\/)?"(.*)"$/, "$2");
}
