import { expect, test } from "vitest";
import { nearNames } from "../../../../task-image/words/near-names.ts";

test("the likest name comes first, at most five of them", () => {
  const known = ["public.users", "public.film", "public.film_actors", "public.films", "sales.films", "x.y", "z.z"];
  const near = nearNames("public.filmz", known);
  expect(near).toHaveLength(5);
  expect(near.slice(0, 2)).toEqual(["public.film", "public.films"]);
  expect(nearNames("anything", [])).toEqual([]);
});
