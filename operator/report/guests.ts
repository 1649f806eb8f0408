import type { Socket } from "node:net";

/** Connections that have shown no valid token yet. */
const STRANGERS_MAX = 512;
/** A task has one connection, and a new one when that breaks. */
const POD_MAX = 4;

/** Keeps connections few: who has shown no token makes room for who comes after, and a pod's oldest for its newest. */
export class Guests {
  readonly #strangers = new Map<string, Socket>();
  readonly #pods = new Map<string, Set<Socket>>();
  readonly #podOf = new WeakMap<Socket, string>();

  /** A connection that has just come, before its TLS handshake. */
  arrive(socket: Socket): void {
    const address = addressOf(socket);
    this.#strangers.set(address, socket);
    socket.once("close", () => this.#strangers.delete(address));
    const [oldest] = this.#strangers.values();
    if (this.#strangers.size > STRANGERS_MAX) oldest?.destroy();
  }

  /** The connection speaks for a pod. False where it spoke for another one before. */
  welcome(socket: Socket, podUid: string): boolean {
    const known = this.#podOf.get(socket);
    if (known !== undefined) return known === podUid;
    this.#podOf.set(socket, podUid);
    this.#strangers.delete(addressOf(socket));
    const sockets = this.#pods.get(podUid) ?? new Set();
    sockets.add(socket);
    this.#pods.set(podUid, sockets);
    socket.once("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0 && this.#pods.get(podUid) === sockets) this.#pods.delete(podUid);
    });
    const [oldest] = sockets;
    if (sockets.size > POD_MAX) oldest?.destroy();
    return true;
  }
}

/** The same for a connection and for the TLS session on it. */
function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
