import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readLock } from "../../../config/macro-packages/lock.ts";
import { LOCK } from "../../../config/macro-packages/macro-packages.ts";
import { REQUIREMENTS } from "../../dbt/engine/python.ts";

test("real dbt is compared with the versions whose macros are in the image", () => {
  const pinned = new Set(readFileSync(REQUIREMENTS, "utf8").match(/^[a-z0-9._-]+==[^ ]+/gm));
  const macros = readLock(readFileSync(LOCK, "utf8"), LOCK).filter(({ name }) => /-(adapters|postgres)$/.test(name));
  expect(macros.map(({ name, version }) => pinned.has(`${name}==${version}`))).toEqual([true, true]);
});
