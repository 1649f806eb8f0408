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
      const abortSignal = signal.aborted ? AbortSignal.timeout(ABORT_TIMEOUT_MS) : new AbortController().signal;
      await client.send(new AbortMultipartUploadCommand({ ...object, UploadId }), { abortSignal });
    },
  };
}

/** An etag as listings are compared by. */
export function withoutQuotes(etag: string | undefined): string {
  return (etag ?? "").replace(/^(W\/)?"(.*)"$/, "$2");
}
