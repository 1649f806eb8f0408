import { readFile } from "node:fs/promises";
import { S3Client } from "@aws-sdk/client-s3";
import type { CommandContext } from "../commands/command.ts";
import type { S3Credentials, S3Settings } from "../connections/s3-settings.ts";
import { ConfigurationError, foreignCode, type TaskFailure, TransientError } from "../errors.ts";
import { reaching } from "../network/socket-guard.ts";

/**
 * The credentials of the role that the pod's service account has. A cloud's webhook or agent puts variables into the pod, and the
 * SDK's default chain follows them: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 *
 * | variables                                          | who sets them        | what is asked                      |
 * |----------------------------------------------------|----------------------|------------------------------------|
 * | AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE          | IRSA                 | STS, with the token of the file    |
 * | AWS_CONTAINER_CREDENTIALS_FULL_URI (…RELATIVE_URI) | EKS Pod Identity     | an agent on the machine            |
 * | AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY           | somebody's webhook   | nobody                             |
 * | none                                               |                      | never the machine's metadata       |
 */
const ROLE = "AWS_ROLE_ARN";
const TOKEN_FILE = "AWS_WEB_IDENTITY_TOKEN_FILE";
const AGENTS = ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] as const;

/** Where the agents of EKS and ECS answer pods with their roles: link-local, and reached for that alone. */
const AGENT_ADDRESSES = ["169.254.170.23", "fd00:ec2::23", "169.254.170.2"];

/** STS says these of a token that is about to be renewed, or when it could not ask whoever gave it. */
const PASSING: readonly string[] = ["ExpiredTokenException", "IDPCommunicationError"];

/** Credentials that end. */
export type RoleCredentials = S3Credentials & { readonly expiration?: Date };

/** A source of credentials, asked again before they expire. Rejects with a TaskFailure that says what was looked for. */
export function roleCredentials(
  settings: S3Settings,
  { environment, redactor }: Pick<CommandContext, "environment" | "redactor">,
): () => Promise<RoleCredentials> {
  const { credentials: chain } = new S3Client({ region: settings.region }).config;
  return async () => {
    const file = environment[TOKEN_FILE];
    if (file !== undefined) redactor.add((await readToken(file, settings)).trim());
    const found = await reaching(AGENT_ADDRESSES, chain).catch((error: unknown) => {
      throw roleFailure(error, settings, environment);
    });
    redactor.add(found.secretAccessKey);
    if (found.sessionToken !== undefined) redactor.add(found.sessionToken);
    return found;
  };
}

function readToken(file: string, { connection }: S3Settings): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError(
      "TokenMissing",
      `connection ${connection}: ${TOKEN_FILE} names ${file}, which cannot be read (${error.code}). Check the webhook that gives pods their roles: it has to mount a token that the task's user may read`,
      { cause: error },
    );
  });
}

interface ChainError {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function roleFailure(error: unknown, settings: S3Settings, environment: CommandContext["environment"]): TaskFailure {
  const { connection, serviceAccountName } = settings;
  const { name = "Error", message = "", $metadata } = error as ChainError;
  const account = serviceAccountName === undefined ? "the pod's service account" : `account ${serviceAccountName}`;
  const agent = AGENTS.find((variable) => environment[variable] !== undefined);
  if (environment[ROLE] !== undefined && environment[TOKEN_FILE] !== undefined) {
    const status = $metadata?.httpStatusCode ?? 0;
    const isRefused = status >= 400 && status < 500 && status !== 429 && !PASSING.includes(name);
    const said = [status === 0 ? [] : status, name, message].flat().join(" ");
    const text = `connection ${connection}: STS gave no credentials for role ${environment[ROLE]} to ${account}: ${said}`;
    if (!isRefused) {
      return new TransientError(name === "Error" ? "RoleFailed" : foreignCode(name), text, { cause: error });
    }
    const advice = "let the role's trust policy name this cluster's issuer, the account and the audience of its token";
    return new ConfigurationError(foreignCode(name), `${text}. What to do: ${advice}`, { cause: error });
  }
  if (agent !== undefined) {
    const text = `connection ${connection}: ${environment[agent]} (${agent}) gave no credentials to ${account}: ${message}. Check that the agent of EKS Pod Identity runs on the pod's node`;
    return new TransientError("AgentFailed", text, { cause: error });
  }
  const found = [ROLE, TOKEN_FILE].filter((variable) => environment[variable] !== undefined);
  return new ConfigurationError(
    "NoCredentials",
    `connection ${connection}: it has no secretRef, and ${account} has no role: expected ${ROLE} with ${TOKEN_FILE} (IRSA) or ${AGENTS[0]} (EKS Pod Identity) in the pod's environment, found ${found.join(", ") || "none of them"}. Set secretRef, or set serviceAccountName to an account with a role: one annotated with eks.amazonaws.com/role-arn, or with an association of EKS Pod Identity`,
    { cause: error },
  );
}
