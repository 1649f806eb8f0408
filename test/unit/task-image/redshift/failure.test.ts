import { expect, test } from "vitest";
import { isLoadFailure, redshiftFailure } from "../../../../task-image/redshift/failure.ts";

function serverError(message: string, code = "XX000", detail?: string) {
  return Object.assign(new Error(message), { severity: "ERROR", code, ...(detail === undefined ? {} : { detail }) });
}

test.each([
  ["1023", "Serializable isolation violation on table - 12345", "transient"],
  ["Table 1234 dropped by concurrent transaction", undefined, "transient"],
  ["S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 1", undefined, "configuration"],
  [
    "S3ServiceException:The AWS Access Key Id you provided does not exist,Status 403,Error InvalidAccessKeyId",
    undefined,
    "configuration",
  ],
  ["S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket", undefined, "configuration"],
  ["S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey", undefined, "transient"],
  ["S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown", undefined, "transient"],
  ["User arn:aws:redshift:x is not authorized to assume IAM Role arn:aws:iam::1:role/x", undefined, "configuration"],
  ["Not authorized to get credentials of role arn:aws:iam::1:role/x", undefined, "configuration"],
] as const)("%s is known by its message alone", (message, detail, kind) => {
  const failure = redshiftFailure(serverError(message, "XX000", detail), "loading raw.titles");
  expect(failure).toMatchObject({ kind, code: "XX000" });
  expect(failure.message.startsWith(`loading raw.titles: ${message}`)).toBe(true);
});

test("an unknown message may quote a row, and is hidden", () => {
  const failure = redshiftFailure(serverError("some assertion about ada", "XX000"), "loading raw.titles");
  expect(failure).toMatchObject({ kind: "transient", code: "XX000" });
  expect(failure.message).toBe("loading raw.titles: an internal error of the server [SQLSTATE XX000]");
  expect(failure.detail).toContain("some assertion about ada");
});

test("other codes mean what they mean for Postgres", () => {
  expect(redshiftFailure(serverError("permission denied for schema raw", "42501"), "x").kind).toBe("configuration");
  expect(redshiftFailure(serverError("value too long", "22001"), "x").kind).toBe("data");
  expect(redshiftFailure(Object.assign(new Error("reset"), { code: "ECONNRESET" }), "x").kind).toBe("transient");
});

test("a COPY that its rows have failed names one of the two logs", () => {
  expect(
    isLoadFailure(serverError("Load into table 't' failed.  Check 'stl_load_errors' system table for details.")),
  ).toBe(true);
  expect(
    isLoadFailure(serverError("Load into table 't' failed.  Check 'sys_load_error_detail' system table for details.")),
  ).toBe(true);
  expect(isLoadFailure(serverError("S3ServiceException:Access Denied"))).toBe(false);
});
