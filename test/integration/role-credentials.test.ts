import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { EXIT, type TaskConnectionOf } from "#api/task.ts";
import { openObjectStore } from "../../task-image/object-store/opening.ts";
import { temporaryDirectory } from "../support/machine/temporary-directory.ts";
import { type HttpApi, startHttpApi } from "../support/servers/http-api.ts";
import { type SessionFront, startSessionFront } from "../support/servers/session-front.ts";
import { startSts } from "../support/servers/sts.ts";
import { type S3Server, startS3Server } from "../support/servers/versitygw.ts";
import { aContext, aTask } from "../support/tasks/task.ts";
import { type EndedTask, runTask } from "../support/tasks/task-process.ts";

const ROLE = "arn:aws:iam::111122223333:role/lake-reader";
const TOKEN = "eyJ.the-token-of-the-service-account.sig";
const SESSION = {
  accessKeyId: "ASIATEMPORARY",
  secretAccessKey: "s3ss+ion/secret=of&the<role>",
  sessionToken: "FwoGZXIvYXdzE+of/the=session&more",
};

let server: S3Server;
let front: SessionFront;
let sts: HttpApi;
let admittedBefore = 0;

beforeAll(async () => {
  server = await startS3Server();
  await using lake = await openObjectStore({ connections: { lake: server.connection("lake") } }, "lake", aContext());
  await lake.createBucket();
  const own = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  front = await startSessionFront(server.endpoint, own, SESSION);
  sts = await startSts({ roleArn: ROLE, token: TOKEN }, SESSION, () => new Date(Date.now() + 3_600_000));
});
afterAll(async () => {
  await sts[Symbol.asyncDispose]();
  await front[Symbol.asyncDispose]();
  await server.stop();
});
beforeEach(() => {
  admittedBefore = front.admitted();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** How many requests of this test the store has answered. */
const admitted = () => front.admitted() - admittedBefore;

/** The bucket, without keys of its own. */
function aBucket(): TaskConnectionOf<"s3"> {
  const { endpoint } = front;
  return { kind: "s3", bucket: "lake", endpoint, region: "us-east-1", serviceAccountName: "lake-reader" };
}

/** A task that tests the bucket in a pod with these variables. */
function connect(environment: Readonly<Record<string, string>>): ReturnType<typeof runTask> {
  const work = { verb: "connect", connect: { connection: "lake" } } as const;
  return runTask(aTask({ work, connections: { lake: aBucket() } }), environment);
}

function tokenFile(token: string): string {
  const file = join(temporaryDirectory("token"), "token");
  writeFileSync(file, token);
  return file;
}

const irsa = (more: Readonly<Record<string, string>> = {}) => ({
  AWS_ROLE_ARN: ROLE,
  AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile(TOKEN),
  AWS_ENDPOINT_URL_STS: sts.origin,
  AWS_REGION: "us-east-1",
  ...more,
});

/** Nothing that opens a door stands in what the task prints or leaves behind. */
function expectNoSecret({ output, result }: EndedTask): void {
  for (const secret of [TOKEN, SESSION.sessionToken, SESSION.secretAccessKey])
    expect(output + result).not.toContain(secret);
}

test("a pod with a role by web identity reads the bucket with the keys that STS gives it", async () => {
  const ended = await connect(irsa());
  expect(ended.parsed, ended.output).toMatchObject({
    outcome: "succeeded",
    server: { version: "S3, bucket lake in us-east-1" },
  });
  expect(admitted()).toBeGreaterThan(0);
  expectNoSecret(ended);
});

test("keys that are about to end are asked for anew", async () => {
  await using short = await startSts({ roleArn: ROLE, token: TOKEN }, SESSION, () => new Date(Date.now() + 1000));
  const environment = irsa({ AWS_ENDPOINT_URL_STS: short.origin });
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  await using lake = await openObjectStore({ connections: { lake: aBucket() } }, "lake", aContext({ environment }));
  for (const key of ["a", "b", "c"]) expect(await lake.find(key)).toBeUndefined();
  expect(short.seen.length).toBeGreaterThan(1);
  expect(admitted()).toBe(3);
});

test("a pod with a role by an agent on its machine reads the bucket with the keys that the agent gives it", async () => {
  const keys = {
    AccessKeyId: SESSION.accessKeyId,
    SecretAccessKey: SESSION.secretAccessKey,
    Token: SESSION.sessionToken,
    Expiration: new Date(Date.now() + 3_600_000).toISOString(),
  };
  await using agent = await startHttpApi(({ headers }) =>
    headers.authorization === TOKEN ? { body: JSON.stringify(keys) } : { status: 401 },
  );
  const ended = await connect({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.origin}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile(TOKEN),
  });
  expect(ended.parsed, ended.output).toMatchObject({ outcome: "succeeded" });
  expect(admitted()).toBeGreaterThan(0);
  expectNoSecret(ended);
});

test.each([
  [
    "no role says what was looked for",
    () => ({}),
    "NoCredentials",
    /no secretRef, and account lake-reader has no role: expected AWS_ROLE_ARN .* found none of them\. Set secretRef/,
  ],
  [
    "a token that STS does not accept says so",
    () => irsa({ AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile("of another cluster") }),
    "InvalidIdentityToken",
    /STS gave no credentials for role arn:\S+ to account lake-reader: 400 InvalidIdentityToken.*trust policy/,
  ],
  [
    "a role that does not trust the account says so",
    () => irsa({ AWS_ROLE_ARN: `${ROLE}-2` }),
    "AccessDenied",
    /lake-reader-2 to account lake-reader: 403 AccessDenied Not authorized.*trust policy/,
  ],
  [
    "a token that is not mounted says so",
    () => irsa({ AWS_WEB_IDENTITY_TOKEN_FILE: "/nowhere/token" }),
    "TokenMissing",
    /AWS_WEB_IDENTITY_TOKEN_FILE names \/nowhere\/token, which cannot be read \(ENOENT\)/,
  ],
])("%s", async (_, environment, code, message) => {
  const ended = await connect(environment());
  expect(ended.parsed.error).toMatchObject({
    code: expect.stringContaining(code),
    message: expect.stringMatching(message),
  });
  expect(ended.exitCode).toBe(EXIT.configuration);
  expect(admitted()).toBe(0);
  expectNoSecret(ended);
});

test("an agent that does not answer may answer the next attempt", async () => {
  const { exitCode, parsed } = await connect({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:9/v1/credentials",
  });
  expect(exitCode).toBe(EXIT.transient);
  expect(parsed.error?.message).toContain("127.0.0.1:9/v1/credentials (AWS_CONTAINER_CREDENTIALS_FULL_URI)");
});
