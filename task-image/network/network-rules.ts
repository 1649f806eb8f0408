import type { BlockList } from "node:net";
import { isIP } from "node:net";
import type { Network } from "#api/task.ts";
import { type AddressKind, isIn, kindOfAddress, meantAddresses, subnetList } from "./address-kind.ts";

/**
 * Where sockets of this process may go. The installation decides, by values of the chart; a manifest has no say. First row that
 * fits:
 *
 * | address                                            | verdict                                         |
 * |----------------------------------------------------|-------------------------------------------------|
 * | in `forbidden` of the installation                 | refused                                         |
 * | in `allowed` of the installation                   | reached                                         |
 * | of the API server                                  | refused                                         |
 * | metadata, link-local, loopback, unusable           | refused                                         |
 * | private, and a public server has led there         | refused                                         |
 * | any other                                          | reached                                         |
 */
export interface NetworkRules {
  /** Why a socket may not go to a host, which is a name or an address; undefined where it may. Of a name every address is asked. */
  refusal(host: string, options?: Asked): string | undefined;
}

export interface Asked {
  /** Whether a server on the Internet has named the host: it must not lead into the networks of this side. */
  readonly publicOnly?: boolean;
}

/** Names that mean a metadata service or the API server whatever they are resolved to. */
const METADATA_NAMES = /^(?:metadata\.google\.internal|metadata\.goog|instance-data(?:\.ec2\.internal)?)\.?$/i;
const API_SERVER_NAMES = /^kubernetes\.default(?:\.svc(?:\..+)?)?\.?$/i;

const WHAT: Readonly<Record<Exclude<AddressKind, "public">, string>> = {
  metadata: "an address of a cloud's metadata service",
  "link-local": "a link-local address",
  loopback: "an address of the pod itself (loopback)",
  unusable: "an address that no server has (unspecified, multicast or reserved)",
  private: "a private address to which a public server has led",
};

export function networkRules(
  { allowed = [], forbidden = [], apiServer = [] }: Network,
  environment: Readonly<Record<string, string | undefined>>,
): NetworkRules {
  const servers = [...apiServer, environment.KUBERNETES_SERVICE_HOST ?? ""].filter((host) => host !== "");
  const lists: Lists = {
    forbidden: subnetList(forbidden),
    allowed: subnetList(allowed),
    apiServer: subnetList(servers.filter((host) => isIP(host) !== 0)),
  };
  const names = servers.filter((host) => isIP(host) === 0).map((name) => name.toLowerCase());
  return {
    refusal(host, { publicOnly = false } = {}) {
      if (isIP(host.replace(/%.*$/, "")) === 0) return nameRefusal(host, names);
      for (const address of meantAddresses(host)) {
        const why = addressRefusal(address, lists, publicOnly);
        if (why !== undefined) return why;
      }
      return undefined;
    },
  };
}

interface Lists {
  readonly forbidden: BlockList;
  readonly allowed: BlockList;
  readonly apiServer: BlockList;
}

function addressRefusal(address: string, lists: Lists, publicOnly: boolean): string | undefined {
  if (isIn(lists.forbidden, address)) return "an address that this installation of kelt forbids";
  if (isIn(lists.allowed, address)) return undefined;
  if (isIn(lists.apiServer, address)) return "the address of the Kubernetes API server";
  const kind = kindOfAddress(address);
  if (kind === "public" || (kind === "private" && !publicOnly)) return undefined;
  return WHAT[kind];
}

function nameRefusal(name: string, servers: readonly string[]): string | undefined {
  if (METADATA_NAMES.test(name)) return WHAT.metadata;
  const isServer = API_SERVER_NAMES.test(name) || servers.includes(name.toLowerCase());
  return isServer ? "the name of the Kubernetes API server" : undefined;
}
