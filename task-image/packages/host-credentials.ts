import { join } from "node:path";
import type { Packages } from "#api/project-packages.ts";
import type { GitProject } from "#api/project-source.ts";
import { type HttpsSettings, readGitSettings } from "../git/settings.ts";
import { PACKAGE_WORDS } from "../git/words.ts";
import type { Redactor } from "../redaction.ts";

/** A Secret as it is mounted. */
export interface HostSecret {
  readonly secretRef: string;
  readonly directory: string;
}

/** Which Secret is for which host. */
export interface HostCredentials {
  /** The Secret for a URL's host; none where none is named. */
  secretFor(url: URL): HostSecret | undefined;
  /** What a request to an https URL says who it is with, and which certificates it trusts. An http URL gets nothing. */
  headersFor(url: URL): Promise<Pick<HttpsSettings, "authorization" | "certificates">>;
}

export interface CredentialFacts {
  readonly packages: Packages | undefined;
  /** The project's own repository: packages at its host take its Secret. */
  readonly git: GitProject | undefined;
  readonly gitSecretDirectory: string;
  readonly packageSecretsDirectory: string;
  readonly redactor: Redactor;
}

/** Credentials of hosts, each bound to the one that it is named for. */
export function hostCredentials(facts: CredentialFacts): HostCredentials {
  const { packages, git, gitSecretDirectory, packageSecretsDirectory, redactor } = facts;
  const secrets = new Map<string, HostSecret>();
  if (git?.secretRef !== undefined) {
    secrets.set(new URL(git.url).hostname, { secretRef: git.secretRef, directory: gitSecretDirectory });
  }
  for (const { host, secretRef } of packages?.credentials ?? []) {
    secrets.set(host.toLowerCase(), { secretRef, directory: join(packageSecretsDirectory, secretRef) });
  }
  const secretFor = ({ hostname }: URL) => secrets.get(hostname);
  return {
    secretFor,
    async headersFor(url) {
      const secret = secretFor(url);
      if (secret === undefined || url.protocol !== "https:") return {};
      const where = { url: `${url.origin}${url.pathname}`, secretRef: secret.secretRef };
      const settings = await readGitSettings(where, secret.directory, redactor, PACKAGE_WORDS);
      if (settings.by !== "https") return {};
      const { authorization, certificates } = settings;
      return {
        ...(authorization === undefined ? {} : { authorization }),
        ...(certificates === undefined ? {} : { certificates }),
      };
    },
  };
}
