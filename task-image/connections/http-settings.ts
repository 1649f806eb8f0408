import type { TaskConnectionOf } from "#api/task.ts";
import { ConfigurationError } from "../errors.ts";
import type { Redactor } from "../redaction.ts";
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

/** Settings of a connection. Throws a ConfigurationError that names the missing key of the Secret. */
export async function readHttpSettings(
  connection: string,
  options: TaskConnectionOf<"http">,
  redactor: Redactor,
): Promise<HttpSettings> {
  const { secretName, requestsPerSecond } = options;
  const secret = await readSecretFiles(options.secretDirectory, redactor);
  const key = (name: string): string => {
    const value = secret.get(name);
    if (value !== undefined) return value;
    const found = secret.size === 0 ? "none" : [...secret.keys()].join(", ");
    throw new ConfigurationError(
      "SecretIncomplete",
      `connection ${connection}: Secret "${secretName ?? ""}" does not exist or has no key ${name} (found: ${found}). Create it with what http.auth needs in the pipeline's namespace and run again`,
    );
  };
  return {
    connection,
    ...(secretName === undefined ? {} : { secretName }),
    baseUrl: new URL(options.baseUrl),
    headers: Object.fromEntries((options.headers ?? []).map(({ name, value }) => [name.toLowerCase(), value])),
    auth: authOf(options.auth ?? {}, key, redactor),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
  };
}

function authOf(
  { basic, bearer, apiKey, oauth2 }: NonNullable<TaskConnectionOf<"http">["auth"]>,
  key: (name: string) => string,
  redactor: Redactor,
): HttpAuth {
  if (basic !== undefined) {
    const login = `${key("username")}:${key("password")}`;
    redactor.add(login);
    return { kind: "header", name: "authorization", value: `Basic ${Buffer.from(login).toString("base64")}` };
  }
  if (bearer !== undefined) return { kind: "header", name: "authorization", value: `Bearer ${key("token")}` };
  if (apiKey?.header !== undefined) return { kind: "header", name: apiKey.header.toLowerCase(), value: key("apiKey") };
  if (apiKey?.query !== undefined) return { kind: "query", name: apiKey.query, value: key("apiKey") };
  if (oauth2 === undefined) return { kind: "none" };
  const { tokenUrl, scope } = oauth2;
  const client = { clientId: key("clientId"), clientSecret: key("clientSecret") };
  return { kind: "oauth2", tokenUrl: new URL(tokenUrl), ...client, ...(scope === undefined ? {} : { scope }) };
}
