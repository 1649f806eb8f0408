import type { FailureKind } from "#api/task.ts";
import type { S3Settings } from "../connections/s3-settings.ts";
import { failureOfKind, foreignCode, TaskFailure, TransientError } from "../errors.ts";
import { forbiddenAddressIn, refusedFor } from "../network/forbidden-address.ts";
import { hidden } from "../words/hidden-text.ts";

/** What the store's error codes mean, and what to do. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const CODES: Readonly<Record<string, readonly [FailureKind, string]>> = {
  NoSuchBucket: ["configuration", "create the bucket, or set createBucket where an extract writes to it"],
  NoSuchKey: ["transient", "the object was taken away after it was listed; the next attempt lists again"],
  AccessDenied: ["configuration", "grant the connection's key or role what it lacks"],
  AllAccessDisabled: ["configuration", "ask the store's owner: all access is switched off"],
  AccountProblem: ["configuration", "ask the store's owner: there is a problem with the account"],
  InvalidAccessKeyId: ["configuration", "put a valid accessKeyId into the Secret"],
  SignatureDoesNotMatch: ["configuration", "put the secretAccessKey that belongs to accessKeyId into the Secret"],
  InvalidToken: ["configuration", "put a valid sessionToken into the Secret, or none"],
  ExpiredToken: ["configuration", "put a new sessionToken into the Secret"],
  AuthorizationHeaderMalformed: ["configuration", "set the connection's region to the bucket's"],
  PermanentRedirect: ["configuration", "set the connection's region or endpoint to the bucket's"],
  InvalidBucketName: ["configuration", "correct the bucket's name"],
  BucketAlreadyExists: ["configuration", "choose another bucket: this name belongs to somebody else"],
  InvalidObjectState: ["configuration", "restore the object from its archive first"],
  KeyTooLongError: ["configuration", "use a key of at most 1024 bytes"],
  NoSuchUpload: [
    "transient",
    "the upload has ended already, perhaps with an answer that was lost; the next attempt writes anew",
  ],
  PreconditionFailed: ["transient", "the object was replaced after it was listed; the next attempt lists again"],
};

/** An error that has neither a code nor a name nor a status. */
const UNNAMED = "StoreFailed";

interface StoreError {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly code?: string;
}

/** An error of the store's client as a failure that says which connection, what was done and what to do. */
export function storeFailure(error: unknown, settings: S3Settings, doing: string): TaskFailure {
  const refusal = forbiddenAddressIn(error);
  if (refusal !== undefined) return refusedFor(`connection ${settings.connection}: ${doing}`, refusal);
  if (error instanceof TaskFailure) return error;
  const { name, message, $metadata, code } = error as StoreError;
  const status = $metadata?.httpStatusCode;
  const word = codeOf(name, code, status);
  const [kind, advice] = CODES[word] ?? [isRefusal(status) ? "configuration" : "transient", undefined];
  const where = settings.endpoint === undefined ? `region ${settings.region}` : settings.endpoint;
  const sentence = message === word || message === "" ? undefined : message;
  const said = [status, word, sentence === undefined || isOwnWords(error) ? sentence : hidden(sentence)]
    .filter((part) => part !== undefined)
    .map(String)
    .filter((part) => part !== "");
  const secret =
    kind === "configuration" && settings.secretName !== undefined ? ` (Secret "${settings.secretName}")` : "";
  const text = `connection ${settings.connection}: ${doing} at ${where} failed: ${said.join(" ")}${advice === undefined ? "" : `. What to do: ${advice}${secret}`}`;
  if (word === UNNAMED) return new TransientError(UNNAMED, text, { cause: error });
  return failureOfKind(kind, foreignCode(word), text, { cause: error });
}

/** S3's words for a code of its own are about keys, buckets and rights, Node's about sockets; what else is said may quote an answer's body. */
function isOwnWords(error: unknown): boolean {
  const { name = "", code = "" } = error as StoreError;
  return name in CODES || code in CODES || /^E[A-Z]+$/.test(code);
}

/** Whether the same request may succeed when it is made again. */
export function isStoreRetryable(error: unknown): boolean {
  if (error instanceof TaskFailure) return error.kind === "transient";
  const { name, code, $metadata } = error as StoreError;
  const status = $metadata?.httpStatusCode;
  const word = codeOf(name, code, status);
  return (
    word !== "PreconditionFailed" && word !== "AbortError" && CODES[word]?.[0] !== "configuration" && !isRefusal(status)
  );
}

/** A HEAD request has no body that could name the error: its status stands for it. */
function codeOf(name: string | undefined, code: string | undefined, status: number | undefined): string {
  if (name !== undefined && name in CODES) return name;
  if (status === 412) return "PreconditionFailed";
  if (status === 403) return "AccessDenied";
  if (code !== undefined) return code;
  if (name !== undefined && name !== "Error") return name;
  return status === undefined ? UNNAMED : `HTTP${status}`;
}

/** Answers that will be the same again, among them 4xx other than timeouts and rate limits. */
function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 300 && status < 500 && ![408, 409, 425, 429].includes(status);
}
