import { describe, expect, it } from "vitest";
import { answer, statusObject, until } from "../../support/fake-cluster/fake-api-http.ts";
import {
  afterFailure,
  connection,
  names,
  page,
  reflect,
  send,
  type World,
  watching,
} from "../../support/fake-cluster/reflected-server.ts";

describe("a reflector in front of objects that it cannot read", () => {
  const large = (name: string, version: string) => ({ ...connection(name, version), spec: "x".repeat(10_000) });
  const unread = ({ events }: World) =>
    events.flatMap((event) => (event.what === "unread" ? [event.object.metadata.name] : []));

  it("shows all the other objects when one of a list is too large, and says so once", async () => {
    const world = await reflect(1_000);
    world.list = (exchange) => answer(exchange, 200, page("100", [connection("a", "50"), large("b", "60")]));
    await watching(world);
    expect(names(world)).toEqual(["a"]);
    expect(unread(world)).toEqual(["b"]);
    send(world, "MODIFIED", large("b", "101"));
    send(world, "ADDED", connection("c", "102"));
    await until(() => names(world).length === 2);
    expect(world.reflector.resourceVersion).toBe("102");
    expect(unread(world)).toEqual(["b"]);
    expect([world.lists.length, world.watches.length]).toEqual([1, 1]);
  });

  it("takes an object that has become too large for one that cannot be seen, until it is small again", async () => {
    const world = await reflect(1_000);
    world.list = (exchange) => answer(exchange, 200, page("100", [connection("a", "50")]));
    await watching(world);
    send(world, "MODIFIED", large("a", "101"));
    await until(() => world.reflector.unread.length === 1);
    expect(names(world)).toEqual([]);
    send(world, "MODIFIED", connection("a", "102"));
    await until(() => names(world).length === 1);
    expect(world.reflector.unread).toEqual([]);
    send(world, "MODIFIED", large("a", "103"));
    await until(() => world.reflector.unread.length === 1);
    send(world, "DELETED", large("a", "104"));
    await until(() => world.reflector.unread.length === 0);
    expect(unread(world)).toEqual(["a", "a"]);
    expect([world.lists.length, world.watches.length]).toEqual([1, 1]);
  });

  it("holds an object once that did not change between two lists", async () => {
    const world = await reflect();
    world.list = (exchange) => answer(exchange, 200, page("100", [connection("a", "50"), connection("b", "60")]));
    await watching(world);
    const [first] = world.store.all();
    world.list = (exchange) => answer(exchange, 200, page("200", [connection("a", "50"), connection("b", "150")]));
    send(world, "ERROR", statusObject(410, "Expired", "too old"));
    await afterFailure(world);
    await until(() => world.reflector.resourceVersion === "200");
    expect(world.store.all()[0]).toBe(first);
    expect(world.keys.slice(2)).toEqual(["uid-b"]);
  });
});
