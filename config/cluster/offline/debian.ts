import { access } from "node:fs/promises";
import { join } from "node:path";
import { makeAtomically } from "../atomic.ts";
import { run } from "../command.ts";
import { hashOf } from "../content-hash.ts";
import { CACHE } from "../directories.ts";
import type { Report } from "../report.ts";
import { DEBIAN_SUITE } from "../versions.ts";

/** A root file system made of Debian packages. */
export interface RootFileSystem {
  readonly name: string;
  /** `minbase` is a Debian that boots; `extract` holds the files of the packages and those they depend on, nothing configured. */
  readonly variant: "minbase" | "extract";
  readonly packages: readonly string[];
  /** Shell commands once the packages' files are there; `"$1"` is the root. */
  readonly hooks?: readonly string[];
}

/** mmdebstrap runs no customize hook where it configures no package. */
const HOOKS = { minbase: "customize-hook", extract: "extract-hook" } as const;

const WITHOUT_DOCUMENTATION = 'rm -rf "$1"/usr/share/doc "$1"/usr/share/man "$1"/usr/share/locale "$1"/usr/share/info';
/** What is distributed keeps the licence of every package: https://www.debian.org/doc/debian-policy/ch-docs.html#copyright-information */
const COPYRIGHT_ALONE =
  'find "$1/usr/share/doc" -type f ! -name copyright -delete && rm -rf "$1"/usr/share/man "$1"/usr/share/locale "$1"/usr/share/info';
/** dpkg installs nothing here and its own list stays empty: each package's control file is kept apart, where scanners look for it. */
const PACKAGE_LIST = `set -e; mkdir -p "$1/var/lib/dpkg/status.d"; for deb in "$1"/var/cache/apt/archives/*.deb; do
  dpkg-deb --field "$deb" > "$1/var/lib/dpkg/status.d/$(dpkg-deb --field "$deb" Package)"; done`;
const CERTIFICATES =
  'mkdir -p "$1/etc/ssl/certs" && cat "$1"/usr/share/ca-certificates/mozilla/*.crt > "$1/etc/ssl/certs/ca-certificates.crt"';
const IPTABLES = ["iptables", "ip6tables"]
  .flatMap((program) => [program, `${program}-save`, `${program}-restore`])
  .map((program) => `ln -sf xtables-nft-multi "$1/usr/sbin/${program}"`)
  .join(" && ");

/** The kind node: systemd, containerd and what the kubelet and kind's own scripts call. */
export const NODE_ROOT: RootFileSystem = {
  name: "kind-node",
  variant: "minbase",
  packages: (
    "systemd systemd-sysv dbus conntrack iptables nftables iproute2 ethtool util-linux mount kmod libseccomp2 pigz bash " +
    "ca-certificates curl jq procps containerd runc containernetworking-plugins"
  ).split(" "),
  hooks: [WITHOUT_DOCUMENTATION],
};
/** What kube-proxy calls. */
export const PROXY_ROOT: RootFileSystem = {
  name: "kube-proxy",
  variant: "extract",
  packages: ["iptables", "nftables"],
  hooks: [WITHOUT_DOCUMENTATION, IPTABLES],
};
/** What the node binary needs. */
export const BASE_ROOT: RootFileSystem = {
  name: "base",
  variant: "extract",
  packages: ["libc6", "libstdc++6", "libgcc-s1", "ca-certificates", "tzdata"],
  hooks: [
    PACKAGE_LIST,
    COPYRIGHT_ALONE,
    CERTIFICATES,
    'rm -rf "$1"/usr/bin/* "$1"/bin/* "$1"/usr/sbin/* "$1"/sbin/* "$1"/usr/share/perl* "$1"/usr/lib/*/perl*',
  ],
};
/** What the Postgres of the demo needs beside its own files: a shell for its entry point, and psql. */
export const POSTGRES_ROOT: RootFileSystem = {
  name: "postgres",
  variant: "extract",
  packages: ["dash", "coreutils", "libstdc++6", "tzdata", "postgresql-client-15"],
  hooks: [
    COPYRIGHT_ALONE,
    'rm -rf "$1"/usr/share/perl* "$1"/usr/lib/*/perl* "$1"/usr/bin/perl*',
    'ln -sf dash "$1/bin/sh"',
    'for program in psql pg_isready; do ln -sf "../lib/postgresql/15/bin/$program" "$1/usr/bin/$program"; done',
  ],
};

/** Where the file system lies once made: a tar file whose name changes with what it holds. */
export function tarOf(root: RootFileSystem): string {
  return join(CACHE, "debian", `${root.name}-${keyOf(root)}.tar`);
}

export function keyOf(root: RootFileSystem): string {
  return hashOf(DEBIAN_SUITE, HOOKS[root.variant], JSON.stringify(root));
}

/** Makes the file system unless the cache holds it. Needs root, mmdebstrap and a Debian mirror. */
export async function makeRootFileSystem(report: Report, root: RootFileSystem): Promise<string> {
  const tar = tarOf(root);
  if (await exists(tar)) return tar;
  report.progress(`Debian packages for ${root.name}`);
  await makeAtomically(tar, async (temporary) => {
    await run(report, "mmdebstrap", [
      `--variant=${root.variant}`,
      `--include=${root.packages.join(",")}`,
      ...(root.hooks ?? []).map((hook) => `--${HOOKS[root.variant]}=${hook}`),
      DEBIAN_SUITE,
      temporary,
    ]);
  });
  return tar;
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
