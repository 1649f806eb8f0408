import type { ServerResponse } from "node:http";
import { afterEach } from "vitest";
import type { CustomObject } from "../../../operator/kinds/objects.ts";
import { KubeClient } from "../../../operator/kube/client.ts";
import { Reflector, type ReflectorEvent } from "../../../operator/kube/reflector.ts";
import { SocketPools } from "../../../operator/kube/socket-pools.ts";
import { Store } from "../../../operator/kube/store.ts";
import { TRANSPORT_SETTINGS, Transport } from "../../../operator/kube/transport.ts";
import { FakeClock } from "../machine/fake-clock.ts";
import { answer, type HttpExchange, startHttpServer, until } from "./fake-api-http.ts";

let cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanup.reverse()) await step();
  cleanup = [];
});

type Handle = (exchange: HttpExchange) => void;

/** A server whose lists and watches the test answers, and a reflector of SocketPools in front of it. */
export async function reflect(objectBytesMax = TRANSPORT_SETTINGS.objectBytesMax) {
  const clock = new FakeClock();
  const streams: ServerResponse[] = [];
  const world = {
    clock,
    list: ((exchange) => answer(exchange, 200, page("100"))) as Handle,
    watch: ((exchange) => streams.push(open(exchange))) as Handle,
    /** Watches that were opened by the default handler. */
    streams,
    lists: [] as URLSearchParams[],
    watches: [] as URLSearchParams[],
    events: [] as ReflectorEvent[],
    keys: [] as string[],
  };
  const server = await startHttpServer((exchange) => {
    const isWatch = exchange.url.searchParams.has("watch");
    (isWatch ? world.watches : world.lists).push(exchange.url.searchParams);
    (isWatch ? world.watch : world.list)(exchange);
  });
  const parts = { clock, random: () => 0, settings: { ...TRANSPORT_SETTINGS, objectBytesMax } };
  const transport = new Transport({ ...parts, connections: new SocketPools(server.credentials, clock) });
  const store = new Store<CustomObject>({});
  const reflector = new Reflector({
    ...{ kube: new KubeClient(transport), kind: "Connection", store, clock, random: () => 0 },
    observe: (event) => world.events.push(event),
  });
  reflector.subscribe({ keys: ({ metadata }) => [metadata.uid], handle: (key) => world.keys.push(key) });
  cleanup.push(
    () => server.close(),
    () => transport.close(),
    () => reflector.stop(),
  );
  const started = Object.assign(world, { server, reflector, store });
  return started;
}

export type World = Awaited<ReturnType<typeof reflect>>;

export function open({ response }: HttpExchange): ServerResponse {
  response.writeHead(200);
  response.flushHeaders();
  return response;
}

export function connection(name: string, version: string, uid = `uid-${name}`): CustomObject {
  return { metadata: { name, namespace: "ns", uid, resourceVersion: version } };
}

export function page(resourceVersion: string, items: readonly CustomObject[] = [], next?: string): object {
  return { metadata: { resourceVersion, ...(next === undefined ? {} : { continue: next }) }, items };
}

export function send(world: World, type: string, object: unknown): void {
  world.streams.at(-1)?.write(`${JSON.stringify({ type, object })}\n`);
}

export const names = ({ store }: World) => store.all().map(({ metadata }) => metadata.name);
export const failures = ({ events }: World) => events.flatMap((event) => (event.what === "watchFailed" ? [event] : []));
/** Failures are waited for, for as long as the reflector wants to. */
export async function afterFailure(world: World, count = 1): Promise<void> {
  await until(() => failures(world).length === count);
  await world.clock.advance(failures(world).at(-1)?.delayMs ?? 0);
}

/** Started, listed and watching. */
export async function watching(world: World): Promise<void> {
  world.reflector.start();
  await until(() => world.streams.length === 1);
}
