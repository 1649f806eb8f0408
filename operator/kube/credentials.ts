import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";

export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** How to reach an API server and who we are. Never logged: headers and key are secrets. */
export interface Credentials {
  /** Without a slash at its end. */
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
  /** URL of an HTTP proxy. */
  readonly proxy?: string;
  /** The namespace of the pod, or of the kubeconfig's context. */
  readonly namespace?: string;
}

export interface CredentialSource {
  /** What is valid now: files that hold tokens and certificates are read again. */
  read(): Promise<Credentials>;
  /** The server refused what read() gave: forget everything kept in memory and read all of it again. */
  reload(): Promise<Credentials>;
}

export interface KubeConfigOptions {
  /** Path of a kubeconfig. Without it $KUBECONFIG, then ~/.kube/config, then the service account of the pod. */
  readonly path?: string;
  /** Without it the kubeconfig's current one. */
  readonly context?: string;
}

/** Credentials from a kubeconfig or from the pod's service account, exec plugins and OIDC included. */
export function kubeConfigCredentials(options: KubeConfigOptions = {}): CredentialSource {
  let config: KubeConfig | undefined;
  const read = async () => {
    try {
      config ??= loadKubeConfig(options);
      return await readCredentials(config);
    } catch (error) {
      throw withoutSource(error);
    }
  };
  const reload = async () => {
    config = undefined;
    return await read();
  };
  return { read, reload };
}

/** The messages of parsers quote what they could not parse, which here is a secret. */
function withoutSource(error: unknown): unknown {
  if (error instanceof SyntaxError) return new Error("credentials: the exec plugin did not print an ExecCredential");
  if (error instanceof Error && error.name === "YAMLException") return new Error("kubeconfig: expected valid YAML");
  return error;
}

function loadKubeConfig({ path, context }: KubeConfigOptions): KubeConfig {
  const config = new KubeConfig();
  if (path !== undefined) config.loadFromFile(path);
  else if (process.env.KUBECONFIG === undefined && process.env.KUBERNETES_SERVICE_HOST !== undefined) {
    config.loadFromCluster();
  } else config.loadFromDefault();
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}

async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const known = config
      .getContexts()
      .map(({ name }) => name)
      .join(", ");
    throw new Error(
      `kubeconfig: expected context "${config.getCurrentContext()}" to name a cluster, found the contexts: ${known || "none"}`,
    );
  }
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  return {
    server: cluster.server.replace(/\/+$/, ""),
    headers: { ...basicAuthorization(options.auth), ...plainHeaders(options.headers) },
    tls: tlsMaterial(options),
    ...(cluster.proxyUrl === undefined ? {} : { proxy: httpProxy(cluster.proxyUrl) }),
    ...(namespace === undefined ? {} : { namespace: namespace.trim() }),
  };
}

function basicAuthorization(auth: string | null | undefined): Record<string, string> {
  return auth ? { authorization: `Basic ${Buffer.from(auth).toString("base64")}` } : {};
}

function plainHeaders(headers: RequestOptions["headers"]): Record<string, string> {
  const entries = Object.entries(headers ?? {}).filter(([, value]) => value !== undefined);
  // A token file ends with a line feed on some platforms, which no header may hold.
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value).trim()]));
}

function tlsMaterial(options: RequestOptions): TlsMaterial {
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  const material = { ca, cert, key, servername, rejectUnauthorized };
  return Object.fromEntries(Object.entries(material).filter(([, value]) => value !== undefined)) as TlsMaterial;
}

function httpProxy(url: string): string {
  if (/^https?:/.test(url)) return url;
  throw new Error(`kubeconfig: expected proxy-url to be an http or https URL, found "${url.split(":")[0]}:"`);
}
