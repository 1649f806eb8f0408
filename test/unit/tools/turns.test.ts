import { expect, test } from "vitest";
import { inTurns } from "../../../config/tools/turns.ts";

function heard() {
  const said: string[] = [];
  return { said, next: inTurns((text) => void said.push(text)) };
}

test("who began first is heard at once, who began later when the turn comes", () => {
  const { said, next } = heard();
  const first = next();
  const second = next();
  first.write("a1 ");
  second.write("b1 ");
  first.write("a2 ");
  expect(said.join("")).toBe("a1 a2 ");
  first.end();
  expect(said.join("")).toBe("a1 a2 b1 ");
  second.write("b2 ");
  expect(said.join("")).toBe("a1 a2 b1 b2 ");
});

test("those that have ended before their turn are heard whole, in the order in which they began", () => {
  const { said, next } = heard();
  const [first, second, third] = [next(), next(), next()];
  third.write("c ");
  third.end();
  second.write("b ");
  second.end();
  first.write("a ");
  expect(said.join("")).toBe("a ");
  first.end();
  expect(said.join("")).toBe("a b c ");
  const fourth = next();
  fourth.write("d");
  expect(said.join("")).toBe("a b c d");
});
