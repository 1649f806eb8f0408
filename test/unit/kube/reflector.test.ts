import { describe, expect, it } from "vitest";
import { formatKey } from "../../../operator/kube/object-key.ts";
import { answer, type HttpExchange, statusObject, until } from "../../support/fake-cluster/fake-api-http.ts";
import {
  afterFailure,
  connection,
  failures,
  names,
  open,
  page,
  reflect,
  send,
  watching,
} from "../../support/fake-cluster/reflected-server.ts";

describe("a reflector", () => {
  it("lists page by page, then watches from the version of the list, with bookmarks and a bounded time", async () => {
    const world = await reflect();
    world.list = (exchange) =>
      exchange.url.searchParams.has("continue")
        ? answer(exchange, 200, page("100", [connection("b", "60")]))
        : answer(exchange, 200, page("100", [connection("a", "50")], "more"));
    await watching(world);
    await world.reflector.whenSynced();
    expect(names(world)).toEqual(["a", "b"]);
    expect(world.lists.map((query) => [query.get("limit"), query.get("continue")])).toEqual([
      ["500", null],
      ["500", "more"],
    ]);
    const query = Object.fromEntries(world.watches[0] ?? []);
    expect(query).toMatchObject({ resourceVersion: "100", allowWatchBookmarks: "true", timeoutSeconds: "300" });
  });

  it("lists all at once when the pages expire on the way", async () => {
    const world = await reflect();
    world.list = (exchange) => {
      const query = exchange.url.searchParams;
      if (query.has("continue")) answer(exchange, 410, statusObject(410, "Expired", "too old"));
      else if (query.has("limit")) answer(exchange, 200, page("100", [connection("a", "50")], "more"));
      else answer(exchange, 200, page("120", [connection("a", "50"), connection("b", "110")]));
    };
    await watching(world);
    expect(names(world)).toEqual(["a", "b"]);
    expect(world.reflector.resourceVersion).toBe("120");
  });

  it("shows what the events say and tells the keys of the objects before and after", async () => {
    const world = await reflect();
    await watching(world);
    send(world, "ADDED", connection("a", "101"));
    send(world, "ADDED", connection("b", "102"));
    send(world, "MODIFIED", { ...connection("a", "103"), spec: { changed: true } });
    send(world, "DELETED", connection("b", "104"));
    await until(() => world.reflector.resourceVersion === "104");
    expect(world.store.all()).toEqual([{ ...connection("a", "103"), spec: { changed: true } }]);
    expect(world.keys).toEqual(["uid-a", "uid-b", "uid-a", "uid-b"]);
  });

  it("takes no event twice and none that is older than what it knows", async () => {
    const world = await reflect();
    await watching(world);
    send(world, "ADDED", connection("a", "101"));
    send(world, "DELETED", connection("a", "102"));
    send(world, "ADDED", connection("a", "101"));
    send(world, "DELETED", connection("a", "102"));
    send(world, "ADDED", connection("b", "103"));
    await until(() => world.reflector.resourceVersion === "103");
    expect(names(world)).toEqual(["b"]);
    expect(world.keys).toEqual(["uid-a", "uid-a", "uid-b"]);
  });

  it("takes delete and recreate in a gap for two changes, and forgets the old uid", async () => {
    const world = await reflect();
    world.list = (exchange) => answer(exchange, 200, page("100", [connection("a", "50", "old")]));
    await watching(world);
    send(world, "MODIFIED", connection("a", "101", "new"));
    await until(() => world.keys.length === 3);
    expect(world.keys).toEqual(["old", "old", "new"]);
    expect(world.store.byUid("old")).toBeUndefined();
    expect(world.store.byUid("new")).toBe(world.store.get({ namespace: "ns", name: "a" }));
  });

  it("watches on from the last bookmark when the server ends the watch in order", async () => {
    const world = await reflect();
    await watching(world);
    send(world, "BOOKMARK", { metadata: { resourceVersion: "900" } });
    await until(() => world.reflector.resourceVersion === "900");
    await world.clock.advance(60_000);
    world.streams[0]?.end();
    await until(() => world.streams.length === 2);
    expect(world.watches[1]?.get("resourceVersion")).toBe("900");
    expect(world.lists).toHaveLength(1);
    expect(world.keys).toEqual([]);
  });

  it("watches on from the last version after a reset", async () => {
    const world = await reflect();
    await watching(world);
    send(world, "ADDED", connection("a", "101"));
    await until(() => world.keys.length === 1);
    world.streams[0]?.destroy();
    await afterFailure(world);
    await until(() => world.streams.length === 2);
    expect(world.watches[1]?.get("resourceVersion")).toBe("101");
    send(world, "ADDED", connection("b", "102"));
    await until(() => names(world).length === 2);
    expect(world.lists).toHaveLength(1);
  });

  it("leaves a connection on which nothing comes for 90 s, and one with bookmarks never", async () => {
    const world = await reflect();
    await watching(world);
    for (let minute = 1; minute <= 5; minute++) {
      await world.clock.advance(60_000);
      send(world, "BOOKMARK", { metadata: { resourceVersion: `${200 + minute}` } });
      await until(() => world.reflector.resourceVersion === `${200 + minute}`);
    }
    expect(world.watches).toHaveLength(1);
    await world.clock.advance(90_000);
    await afterFailure(world);
    expect(failures(world)[0]).toMatchObject({ next: "watch", error: { reason: "Silence" } });
    await until(() => world.streams.length === 2);
    expect(world.watches[1]?.get("resourceVersion")).toBe("205");
    await until(() => world.streams[0]?.destroyed === true);
  });

  it.each([
    ["the answer", (exchange: HttpExchange) => answer(exchange, 410, statusObject(410, "Expired", "too old"))],
    [
      "the stream",
      (exchange: HttpExchange) =>
        answer(
          exchange,
          200,
          `${JSON.stringify({ type: "ERROR", object: statusObject(410, "Expired", "too old") })}\n`,
        ),
    ],
    ["a garbage line", (exchange: HttpExchange) => answer(exchange, 200, "<html>\n")],
  ])("lists again when it may have missed something: 410 or worse as %s", async (_, watch) => {
    const world = await reflect();
    world.watch = watch;
    world.reflector.start();
    await until(() => failures(world).length === 1);
    expect(failures(world)[0]?.next).toBe("list");
    world.list = (exchange) => answer(exchange, 200, page("500", [connection("a", "400")]));
    world.watch = (exchange) => world.streams.push(open(exchange));
    await afterFailure(world);
    await until(() => world.streams.length === 1);
    expect(names(world)).toEqual(["a"]);
    expect(world.watches.at(-1)?.get("resourceVersion")).toBe("500");
  });

  it("leaves a busy server alone for as long as it asks", async () => {
    const world = await reflect();
    world.watch = (exchange) =>
      answer(exchange, 429, statusObject(429, "TooManyRequests", "x"), { "retry-after": "45" });
    world.reflector.start();
    await until(() => failures(world).length === 1);
    expect(failures(world)[0]).toMatchObject({ next: "watch", delayMs: 45_000 });
    await world.clock.advance(44_999);
    expect(world.watches).toHaveLength(1);
    await world.clock.advance(1);
    await until(() => world.watches.length === 2);
    expect(world.lists).toHaveLength(1);
  });

  it("goes on for ever when lists fail, with waits between 0.8 and 30 s", async () => {
    const world = await reflect();
    world.list = (exchange) => answer(exchange, 403, statusObject(403, "Forbidden", "not yet"));
    world.reflector.start();
    const delays: number[] = [];
    for (let count = 1; count <= 9; count++) {
      await until(() => world.events.length === count);
      const event = world.events.at(-1);
      delays.push(event?.what === "listFailed" ? event.delayMs : Number.NaN);
      await world.clock.advance(delays.at(-1) ?? 0);
    }
    expect(delays).toEqual([800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000, 15_000, 15_000]);
    world.list = (exchange) => answer(exchange, 200, page("100", [connection("a", "50")]));
    await until(() => world.events.length === 10);
    await world.clock.advance(30_000);
    await world.reflector.whenSynced();
    expect(names(world)).toEqual(["a"]);
  });

  it("keeps what it shows while lists fail, and then drops what has gone", async () => {
    const world = await reflect();
    world.list = (exchange) => answer(exchange, 200, page("100", [connection("a", "50"), connection("b", "60")]));
    await watching(world);
    world.list = (exchange) => answer(exchange, 403, statusObject(403, "Forbidden", "not now"));
    world.watch = (exchange) => answer(exchange, 410, statusObject(410, "Expired", "too old"));
    world.streams[0]?.destroy();
    for (const count of [1, 2]) await afterFailure(world, count);
    await until(() => world.events.at(-1)?.what === "listFailed");
    expect(names(world)).toEqual(["a", "b"]);
    world.list = (exchange) => answer(exchange, 200, page("200", [connection("b", "60")]));
    await world.clock.advance(30_000);
    await until(() => names(world).length === 1);
    expect(world.keys.at(-1)).toBe("uid-a");
  });

  it("lists after five watches in a row that failed without one event", async () => {
    const world = await reflect();
    world.watch = (exchange) => answer(exchange, 500, "boom");
    world.reflector.start();
    for (let count = 1; count <= 6; count++) await afterFailure(world, count);
    expect(failures(world).map(({ next }) => next)).toEqual(["watch", "watch", "watch", "watch", "list", "watch"]);
    expect(world.lists).toHaveLength(2);
  });

  it("waits the shortest time again after a watch that lived", async () => {
    const world = await reflect();
    world.watch = (exchange) => answer(exchange, 500, "boom");
    world.reflector.start();
    for (let count = 1; count <= 3; count++) await afterFailure(world, count);
    await until(() => failures(world).length === 4);
    world.watch = (exchange) => world.streams.push(open(exchange));
    await afterFailure(world, 4);
    await until(() => world.streams.length === 1);
    await world.clock.advance(31_000);
    world.streams[0]?.destroy();
    await until(() => failures(world).length === 5);
    expect(failures(world).at(-1)?.delayMs).toBe(800);
  });

  it("goes on when a subscriber throws, and the other subscribers hear all the same", async () => {
    const world = await reflect();
    const heard: string[] = [];
    const boom = () => {
      throw new Error("boom");
    };
    world.reflector.subscribe({ keys: boom, handle: () => undefined });
    world.reflector.subscribe({ keys: () => ["x"], handle: boom });
    world.reflector.subscribe({ keys: ({ metadata }) => [formatKey(metadata)], handle: (key) => heard.push(key) });
    await watching(world);
    send(world, "ADDED", connection("a", "101"));
    send(world, "ADDED", connection("b", "102"));
    await until(() => heard.length === 2);
    expect(heard).toEqual(["ns/a", "ns/b"]);
    expect(world.events.filter(({ what }) => what === "handlerFailed")).toHaveLength(4);
    expect(world.watches).toHaveLength(1);
  });

  it("asks for nothing any more once stopped: while it waits", async () => {
    const world = await reflect();
    world.watch = (exchange) => answer(exchange, 500, "boom");
    world.reflector.start();
    await until(() => failures(world).length === 1);
    await world.reflector.stop();
    await world.clock.advance(600_000);
    expect(world.server.requests).toHaveLength(2);
    expect(world.clock.pending).toBe(0);
  });

  it("asks for nothing any more once stopped: while it watches, and the connection is closed", async () => {
    const world = await reflect();
    await watching(world);
    await world.reflector.stop();
    expect(world.clock.pending).toBe(0);
    await until(() => world.streams[0]?.destroyed === true);
    send(world, "ADDED", connection("a", "101"));
    await world.clock.advance(600_000);
    expect(world.server.requests).toHaveLength(2);
    expect(names(world)).toEqual([]);
  });

  it("asks for nothing any more once stopped: while it lists", async () => {
    const world = await reflect();
    world.list = () => undefined;
    world.reflector.start();
    await until(() => world.lists.length === 1);
    await world.reflector.stop();
    await world.clock.advance(600_000);
    expect(world.server.requests).toHaveLength(1);
  });

  it("begins anew when started after a stop", async () => {
    const world = await reflect();
    await watching(world);
    await world.reflector.stop();
    world.reflector.start();
    await until(() => world.streams.length === 2);
    send(world, "ADDED", connection("a", "101"));
    await until(() => names(world).length === 1);
  });
});
