import type { TaskConnectionOf } from "#api/task.ts";
import { ConfigurationError } from "../errors.ts";
import type { Redactor } from "../redaction.ts";
import { boundHosts } from "./bound-hosts.ts";
import { readSecretFiles } from "./secret-files.ts";

/** How a request says who it is. */
export type HttpAuth =
  | { readonly kind: "none" }
  | { readonly kind: "header"; readonly name: string; readonly value: string }
  | { readonly kind: "query"; readonly name: string; readonly value: string }
  | {
      readonly kind: "oauth2";
      readonly tokenUrl: URL;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
    };

/** Everything that is needed to use an HTTP API. */
export interface HttpSettings {
  /** Name of the connection in the manifest, for messages. */
  readonly connection: string;
  /** The Secret that the credentials stand in, for messages. */
  readonly secretName?: string;
  readonly baseUrl: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: HttpAuth;
  readonly requestsPerSecond?: number;
}

/** What a header's value cannot have (RFC 9110, 5.5), or what Node.js does not send in one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are refused.
const NO_HEADER = /[\u0000-\u0008\u000a-\u001f\u007f\u0100-\uffff]/;

/** Settings of a connection. Throws a ConfigurationError that names the missing key of the Secret. */
export async function readHttpSettings(
  connection: string,
  options: TaskConnectionOf<"http">,
  redactor: Redactor,
): Promise<HttpSettings> {
  const { secretName, requestsPerSecond } = options;
  const secret = await readSecretFiles(connection, options, redactor);
  const key = (name: string): string => {
    const value = secret.get(name);
    if (value !== undefined) return value;
    const found = secret.size === 0 ? "none" : [...secret.keys()].join(", ");
    throw new ConfigurationError(
      "SecretIncomplete",
      `connection ${connection}: Secret "${secretName ?? ""}" does not exist or has no key ${name} (found: ${found}). Create it with what http.auth needs in the pipeline's namespace and run again`,
    );
  };
  const headerKey = (name: string): string => {
    const value = key(name);
    if (!NO_HEADER.test(value)) return value;
    throw new ConfigurationError(
      "BadConnection",
      `connection ${connection}: key ${name} of Secret "${secretName ?? ""}" has a line end or another character that no HTTP header can have. Write it again without it, for example with printf '%s'`,
    );
  };
  const baseUrl = new URL(options.baseUrl);
  const auth = authOf(options.auth ?? {}, { key, headerKey }, redactor);
  const bound = boundHosts(connection, secretName, secret);
  bound.checkUrl("http.baseUrl", baseUrl);
  if (auth.kind === "oauth2") bound.checkUrl("http.auth.oauth2.tokenUrl", auth.tokenUrl);
  return {
    connection,
    ...(secretName === undefined ? {} : { secretName }),
    baseUrl,
    headers: Object.fromEntries((options.headers ?? []).map(({ name, value }) => [name.toLowerCase(), value])),
    auth,
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
  };
}

function authOf(
  { basic, bearer, apiKey, oauth2 }: NonNullable<TaskConnectionOf<"http">["auth"]>,
  { key, headerKey }: Readonly<Record<"key" | "headerKey", (name: string) => string>>,
  redactor: Redactor,
): HttpAuth {
  if (basic !== undefined) {
    const login = `${key("username")}:${key("password")}`;
    redactor.add(login);
    return { kind: "header", name: "authorization", value: `Basic ${Buffer.from(login).toString("base64")}` };
  }
  if (bearer !== undefined) return { kind: "header", name: "authorization", value: `Bearer ${headerKey("token")}` };
  if (apiKey?.header !== undefined)
    return { kind: "header", name: apiKey.header.toLowerCase(), value: headerKey("apiKey") };
  if (apiKey?.query !== undefined) return { kind: "query", name: apiKey.query, value: key("apiKey") };
  if (oauth2 === undefined) return { kind: "none" };
  const { tokenUrl, scope } = oauth2;
  const client = { clientId: key("clientId"), clientSecret: key("clientSecret") };
  return { kind: "oauth2", tokenUrl: new URL(tokenUrl), ...client, ...(scope === undefined ? {} : { scope }) };
}
