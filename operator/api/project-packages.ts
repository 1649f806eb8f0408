import type { z } from "zod";
import { list, object, objectName, text } from "./fields.ts";

/** Hosts of packages that credentials are given for: each Secret is a volume of the pod. */
const CREDENTIALS_MAX = 8;
const HUB_URL = /^https?:\/\/([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?(\/[^\s?#]*)?$/;
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** Where packages of dbt's hub are looked up unless a mirror is named. */
export const DEFAULT_HUB_URL = "https://hub.getdbt.com";

/** The base URL of a package hub, which answers `/api/v1/NAMESPACE/NAME.json`. */
export function hubUrl(description: string) {
  return text(description, {
    max: 1024,
    pattern: HUB_URL,
    expected: "expected https://HOST/PATH, without a user, a query and a fragment",
  });
}

const Credentials = object("Credentials for one host.", {
  host: text("The host, as the URLs of packages, of the hub and of archives name it.", {
    max: 253,
    pattern: HOST,
    expected: "expected the name or the address of a host, without a protocol and a path",
  }),
  secretRef: objectName(
    "Secret with token (or username and password) and ca.crt for https; ssh-privatekey, passphrase and known_hosts for ssh; allowedHosts.",
  ),
});

export const Packages = object(
  "Where the packages of packages.yml and dependencies.yml come from. What lies in dbt_packages/ is not fetched.",
  {
    hub: object("The hub of packages that are named by `package`.", {
      url: hubUrl(
        "Base URL of a mirror of hub.getdbt.com. The installation's (tasks.packages.hubUrl of the chart) by default.",
      ),
    }).optional(),
    credentials: list(
      "Credentials for hosts of packages, by git, archive and hub. Packages at the host of project.git take its secretRef where none is named here.",
      Credentials,
      { max: CREDENTIALS_MAX },
    ).optional(),
  },
);
export type Packages = z.infer<typeof Packages>;

/** The most that the packages of a project take as JSON where their versions are told: a termination message has room for them. */
export const INSTALLED_BYTES_MAX = 1024;
/** Packages that are told. */
const INSTALLED_MAX = 24;

const InstalledPackage = object("A package of the project.", {
  name: text("Its name on the hub, the URL of its repository, or the name that packages.yml gives an archive.", {
    max: 256,
  }),
  version: text("Version, of a package of the hub.", { max: 256 }).optional(),
  revision: text("Commit of a repository, or SHA-256 of an archive.", { max: 64 }).optional(),
});
export type InstalledPackage = z.infer<typeof InstalledPackage>;

/** Which packages an attempt has installed. */
export const InstalledPackages = object(
  "Packages that were installed, as far as 1 KiB has room for them. Every node and attempt of the run whose project asks for the same gets the same: they stand where they were chosen.",
  {
    asked: text("SHA-1 of what the project asks for, as package-lock.yml has it.", {
      max: 40,
      pattern: /^[0-9a-f]{40}$/,
      expected: "expected a SHA-1",
    }),
    installed: list("The packages with their versions.", InstalledPackage, { max: INSTALLED_MAX }),
  },
);
export type InstalledPackages = z.infer<typeof InstalledPackages>;

/** The packages as far as there is room for them; nothing where there is none. */
export function tellable(asked: string, installed: readonly InstalledPackage[]): InstalledPackages | undefined {
  let kept = installed.filter((one) => InstalledPackage.safeParse(one).success).slice(0, INSTALLED_MAX);
  const isTooLong = () => Buffer.byteLength(JSON.stringify({ asked, installed: kept })) > INSTALLED_BYTES_MAX;
  while (isTooLong()) kept = kept.slice(0, -1);
  return kept.length === 0 ? undefined : { asked, installed: kept };
}
