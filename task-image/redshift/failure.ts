import type { FailureKind } from "#api/task.ts";
import { failureOfKind, foreignCode, TaskFailure } from "../errors.ts";
import { databaseFailure, isServerError, serverMessage } from "../postgres/failure.ts";

/**
 * Redshift says XX000 of most things that go wrong between it and S3, and of conflicts of transactions: only the message tells them
 * apart. Sources: Amazon Redshift Database Developer Guide, "Serializable isolation", "Troubleshooting data loads", "S3ServiceException
 * errors", "Using a manifest to specify data files".
 */
const MESSAGES: readonly (readonly [RegExp, FailureKind, string])[] = [
  [
    /serializable isolation violation|1023/i,
    "transient",
    "another transaction wrote the same table; the next attempt begins again",
  ],
  [
    /dropped by concurrent transaction|1018/i,
    "transient",
    "another transaction changed the table; the next attempt begins again",
  ],
  [
    /InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|ExpiredToken/,
    "configuration",
    "correct the keys in the Secret of the bucket's connection",
  ],
  [
    /not authorized to (assume|get credentials of) (the )?(IAM )?role/i,
    "configuration",
    "let the cluster take the role of redshift.iamRole, and attach it to the cluster",
  ],
  [
    /AccessDenied|Access Denied/,
    "configuration",
    "grant redshift.iamRole, or the key of the bucket's connection, to read the bucket",
  ],
  [
    /PermanentRedirect|must be addressed using the specified endpoint/,
    "configuration",
    "set the region of the bucket's connection to the bucket's",
  ],
  [/NoSuchBucket/, "configuration", "correct the bucket, or create it"],
  [
    /NoSuchKey|mandatory (url|file)/i,
    "transient",
    "an object was taken away after it had been listed; the next attempt lists again",
  ],
  [/S3ServiceException|S3CurlException|connection (timed out|reset)/i, "transient", "the next attempt asks S3 again"],
];

/** Any error of a session of Redshift as the failure it means for the task. `place` says what was being done and to what. */
export function redshiftFailure(error: unknown, place: string): TaskFailure {
  if (error instanceof TaskFailure || !isServerError(error)) return databaseFailure(error, place);
  const said = `${error.message} ${error.detail ?? ""}`;
  const known = error.code === "XX000" ? MESSAGES.find(([pattern]) => pattern.test(said)) : undefined;
  if (known === undefined) return databaseFailure(error, place);
  const [, kind, advice] = known;
  // These messages are about S3, roles and transactions, never about a row.
  return failureOfKind(
    kind,
    foreignCode(error.code),
    `${place}: ${serverMessage(error, error.message)}. What to do: ${advice}`,
    {
      cause: error,
    },
  );
}

/** Whether a COPY failed because of the rows that it read, which its log of load errors names. */
export function isLoadFailure(error: unknown): boolean {
  return (
    isServerError(error) &&
    /(stl_load_errors|sys_load_error_detail)/i.test(`${error.message} ${error.detail ?? ""} ${error.hint ?? ""}`)
  );
}
