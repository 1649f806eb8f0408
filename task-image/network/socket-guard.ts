import { AsyncLocalStorage } from "node:async_hooks";
import { type LookupAddress, lookup } from "node:dns";
import { isIP, type LookupFunction, Socket } from "node:net";
import { isIn, subnetList } from "./address-kind.ts";
import { ForbiddenAddress } from "./forbidden-address.ts";
import { type Asked, type NetworkRules, networkRules } from "./network-rules.ts";

/** Which hosts, names or addresses, a piece of work may reach beside those that the rules allow. */
const purpose = new AsyncLocalStorage<(host: string) => boolean>();

interface ConnectOptions {
  readonly host?: string;
  readonly port?: unknown;
  /** Of a socket of the file system. HTTP's agents write null for none. */
  readonly path?: string | null;
  readonly lookup?: LookupFunction;
}
type Connect = (this: Socket, ...parts: unknown[]) => Socket;

/** The rules of this process, from the moment that it knows them. */
let active: NetworkRules | undefined;

/** Why the rules of this process refuse a host; undefined where they do not, or there are none yet. */
export function refusalBy(host: string, asked: Asked = {}): string | undefined {
  return mayReach(host) ? undefined : (active ?? networkRules({}, {})).refusal(host, asked);
}

/**
 * Holds every TCP connection of this process to the rules, whichever package opens it: all of them, those of TLS too, begin in
 * `connect` of Node's Socket. A name is resolved once, and the addresses that were checked are the ones that are connected to.
 * Disposing of the guard takes it away.
 */
export function guardSockets(rules: NetworkRules): Disposable {
  const prototype = Socket.prototype as unknown as { connect: Connect };
  const original = prototype.connect;
  active = rules;
  prototype.connect = function guarded(this: Socket, ...parts: unknown[]): Socket {
    // Node hands its own calls on as one list of options and callback, with a mark on it.
    const list = Array.isArray(parts[0]) ? (parts[0] as unknown[]) : parts;
    const options = optionsOf(list);
    const refused = refusalOf(options);
    if (refused !== undefined) {
      process.nextTick(() => this.destroy(refused));
      return this;
    }
    const checked = { ...options, lookup: guardedLookup({ resolve: options.lookup }) };
    if (list !== parts) {
      list[0] = checked;
      return original.call(this, list);
    }
    const callback = parts.findLast((part) => typeof part === "function");
    return callback === undefined ? original.call(this, checked) : original.call(this, checked, callback);
  };
  return {
    [Symbol.dispose]: () => {
      prototype.connect = original;
      active = undefined;
    },
  };
}

/** Does a piece of work that may reach these addresses as well, such as the agent that has a pod's role. */
export function reaching<T>(addresses: readonly string[], work: () => Promise<T>): Promise<T> {
  const list = subnetList(addresses);
  return purpose.run((host) => isIP(host) !== 0 && isIn(list, host), work);
}

/**
 * Does a piece of work that may reach one host, whatever the rules say of it: the operator, which has named it itself. The work tells which
 * addresses the host's name has before it connects to one.
 */
export function reachingHost<T>(host: string, work: (found: (address: string) => void) => T): T {
  const hosts = new Set([host]);
  return purpose.run(
    (asked) => hosts.has(asked),
    () => work((address) => void hosts.add(address)),
  );
}

/** How a name is resolved beside what every socket's is. */
export interface Lookup extends Asked {
  /** In the place of the system's. */
  readonly resolve?: LookupFunction | undefined;
  /** Learns which addresses a name has. */
  readonly found?: (name: string, addresses: readonly string[]) => void;
}

/** Resolves names as the system does, and refuses what the rules do. */
export function guardedLookup({ resolve, found, ...asked }: Lookup): LookupFunction {
  const resolved = (resolve ?? lookup) as typeof lookup;
  return (hostname, options, callback) => {
    resolved(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) {
        callback(error, "", 0);
        return;
      }
      found?.(
        hostname,
        addresses.map(({ address }) => address),
      );
      const refused = firstRefusal(hostname, addresses, asked);
      if (refused !== undefined) callback(refused, "", 0);
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? "", addresses[0]?.family ?? 0);
    });
  };
}

function firstRefusal(
  hostname: string,
  addresses: readonly LookupAddress[],
  asked: Asked,
): ForbiddenAddress | undefined {
  for (const { address } of addresses) {
    const why = refusalBy(address, asked);
    if (why !== undefined) return new ForbiddenAddress(hostname, address, why);
  }
  return undefined;
}

/** What is refused before a name is resolved: addresses, some names, and sockets of this machine's files. */
function refusalOf({ host = "localhost", path }: ConnectOptions): ForbiddenAddress | undefined {
  if (typeof path === "string" && path !== "") {
    const why = refusalBy("127.0.0.1");
    return why === undefined ? undefined : new ForbiddenAddress(path, path, "a socket of the pod itself");
  }
  const why = refusalBy(host);
  return why === undefined ? undefined : new ForbiddenAddress(host, host, why);
}

function mayReach(host: string): boolean {
  return purpose.getStore()?.(host) === true;
}

/** The options in any of the forms that `connect` takes: (options), (port, host), (path). */
function optionsOf([first, second]: readonly unknown[]): ConnectOptions {
  if (typeof first === "object" && first !== null) return first as ConnectOptions;
  if (typeof first === "string" && !/^\d+$/.test(first)) return { path: first };
  const host: ConnectOptions = typeof second === "string" ? { host: second } : {};
  return { port: first, ...host };
}
