import type { Readable } from "node:stream";
import { rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
import { ConfigurationError, foreignCode, TransientError } from "../errors.ts";
import { notGit, type Remote } from "./remote.ts";
import type { HttpsSettings } from "./settings.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 60_000;
/** Statuses that another try may change, beside all of 5xx. */
const RETRIABLE: readonly number[] = [408, 425, 429];

/** A repository by git's smart HTTP, https://git-scm.com/docs/http-protocol. No redirect is followed: credentials go to the one host. */
export async function openHttpsRemote(settings: HttpsSettings, signal: AbortSignal): Promise<Remote> {
  const { Agent } = (await import("undici")).default;
  const { certificates } = settings;
  const ca = certificates === undefined ? {} : { ca: [...rootCertificates, certificates] };
  const agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS, ...ca },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  });
  const base = settings.url.replace(/\/+$/, "");
  const send = async (path: string, more: Pick<Dispatcher.RequestOptions, "method" | "body"> & { headers: object }) => {
    const url = new URL(`${base}/${path}`);
    const headers = {
      "user-agent": "git/kelt",
      ...more.headers,
      ...(settings.authorization === undefined ? {} : { authorization: settings.authorization }),
    };
    const answer = await agent.request({
      ...{ origin: url.origin, path: `${url.pathname}${url.search}`, ...more },
      ...{ headers, signal },
    });
    if (answer.statusCode !== 200) {
      await answer.body.dump({ limit: 65_536 }).catch(() => undefined);
      throw statusFailure(settings, answer);
    }
    return answer;
  };
  return {
    async advertisement() {
      const headers = { accept: "application/x-git-upload-pack-advertisement" };
      const { body, headers: said } = await send("info/refs?service=git-upload-pack", { method: "GET", headers });
      if (said["content-type"] !== "application/x-git-upload-pack-advertisement") {
        throw notGit(
          settings,
          `it answered with the content type ${String(said["content-type"] ?? "none").slice(0, 64)}`,
        );
      }
      return body as Readable;
    },
    async answer(request) {
      const headers = {
        "content-type": "application/x-git-upload-pack-request",
        accept: "application/x-git-upload-pack-result",
      };
      const { body } = await send("git-upload-pack", { method: "POST", headers, body: request });
      return body as Readable;
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

function statusFailure(settings: HttpsSettings, { statusCode: status, headers }: Dispatcher.ResponseData) {
  const { url, words } = settings;
  if (status >= 500 || RETRIABLE.includes(status)) {
    return new TransientError(foreignCode(`HTTP${status}`), `${words.subject}: ${url} answered ${status}`);
  }
  if (status >= 300 && status < 400) return notGit(settings, `it leads to ${placeOf(headers.location, url)}`);
  const refused = (why: string) =>
    new ConfigurationError("GitRefused", `${words.subject}: ${url} answered ${status}: ${why}`);
  const { secretName, authorization } = settings;
  if (authorization === undefined) {
    if (status === 401 || status === 403 || status === 404)
      return refused(
        `there is no such repository, or it is not public. Correct ${words.url}, or ${words.giveSecret} with the key token`,
      );
    return notGit(settings, `it answered ${status}`);
  }
  if (status === 401)
    return refused(`it does not know the credentials of Secret "${secretName}". Put a valid token under its key token`);
  if (status === 403 || status === 404)
    return refused(
      `there is no such repository, or the credentials of Secret "${secretName}" may not read it. Correct ${words.url}, or give the token the right to read the repository`,
    );
  return notGit(settings, `it answered ${status}`);
}

/** Where a redirect leads, without what may be a secret in it. */
function placeOf(location: string | string[] | undefined, url: string): string {
  if (typeof location !== "string" || !URL.canParse(location, url)) return "another place";
  const { origin, pathname } = new URL(location, url);
  return `${origin}${pathname.replace(/\/info\/refs$/, "")}`;
}
