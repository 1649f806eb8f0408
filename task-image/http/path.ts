import type { HttpSettings } from "../connections/http-settings.ts";
import { ConfigurationError } from "../errors.ts";

/** The URL of a path below the connection's base. Throws a ConfigurationError for a path that leads out of it. */
export function urlBelow({ baseUrl, connection }: HttpSettings, path: string): URL {
  const url = new URL(baseUrl);
  const base = baseUrl.pathname.replace(/\/+$/, "");
  const below = path.replace(/^\/+/, "");
  url.pathname = below === "" ? baseUrl.pathname : `${base}/${below}`;
  if (below !== "" && !url.pathname.startsWith(`${base}/`)) {
    throw new ConfigurationError(
      "OutsideBaseUrl",
      `connection ${connection}: path ${path} leads out of ${baseUrl.href}. Name a path below it`,
    );
  }
  return url;
}
