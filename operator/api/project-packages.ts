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
