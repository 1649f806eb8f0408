import { type HttpApi, type Reply, type SeenRequest, startHttpApi } from "./http-api.ts";

/** What a role gives for a while. */
export interface TemporaryKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Who may take a role. */
export interface RoleTrust {
  readonly roleArn: string;
  /** The only token that is accepted. */
  readonly token: string;
}

/**
 * A stand-in for AWS STS on 127.0.0.1 that knows AssumeRoleWithWebIdentity, in the query protocol:
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html. Its keys are good until `expires`.
 */
export function startSts(trust: RoleTrust, keys: TemporaryKeys, expires: () => Date): Promise<HttpApi> {
  return startHttpApi((request) => answer(request, trust, keys, expires()));
}

function answer({ method, body }: SeenRequest, trust: RoleTrust, keys: TemporaryKeys, expires: Date): Reply {
  const asked = new URLSearchParams(body);
  if (
    method !== "POST" ||
    asked.get("Action") !== "AssumeRoleWithWebIdentity" ||
    asked.get("Version") !== "2011-06-15"
  ) {
    return refusal(400, "InvalidAction", "this stand-in knows AssumeRoleWithWebIdentity alone");
  }
  if (asked.get("WebIdentityToken") !== trust.token) {
    return refusal(400, "InvalidIdentityToken", "The web identity token could not be validated");
  }
  if (asked.get("RoleArn") !== trust.roleArn || (asked.get("RoleSessionName") ?? "") === "") {
    return refusal(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
  }
  const result = `<Credentials>
    <AccessKeyId>${escaped(keys.accessKeyId)}</AccessKeyId><SecretAccessKey>${escaped(keys.secretAccessKey)}</SecretAccessKey>
    <SessionToken>${escaped(keys.sessionToken)}</SessionToken><Expiration>${expires.toISOString()}</Expiration></Credentials>
    <AssumedRoleUser><Arn>${trust.roleArn}/session</Arn><AssumedRoleId>AROATEST:session</AssumedRoleId></AssumedRoleUser>`;
  return {
    headers: { "content-type": "text/xml" },
    body: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>${result}</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
  };
}

function refusal(status: number, code: string, message: string): Reply {
  return {
    status,
    headers: { "content-type": "text/xml" },
    body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
