import { expect, test } from "vitest";
import { imageProblem } from "../../../operator/graph/image.ts";

const SHA256 = `sha256:${"0123456789abcdef".repeat(4)}`;

test.each([
  "busybox",
  "busybox:1.36",
  "team/app",
  "localhost/app",
  "localhost:5000/team/app:latest",
  "registry.example:5000/a/b_c/d--e/f__g.h:V1.2-x_y",
  "Registry.Example.COM/app",
  "[2001:db8::1]:5000/app:1",
  "10.0.0.1/app",
  "10.0.0.1:65535/app",
  "registry.example:1/app",
  "v1.2/app.3",
  `${"a".repeat(63)}.example/app`,
  `registry.example/app@${SHA256}`,
  `registry.example/app:1@${SHA256}`,
  `app@sha512:${"a".repeat(128)}`,
  `${"a".repeat(255)}:${"t".repeat(128)}`,
])("%s is an image", (image) => {
  expect(imageProblem(image)).toBeUndefined();
});

test.each([
  ["Not A Valid Image", 'an image has no spaces in it, found "Not A Valid Image"'],
  ["busybox ", "an image has no spaces"],
  ["team/App", "in lower-case letters but for the tag"],
  ["registry.example/Team/app", "in lower-case letters but for the tag"],
  ["https://registry.example/app", "not with a protocol"],
  ["app:latest@sha256:short", "expected a digest such as sha256: and 64 hexadecimal digits after the @"],
  [`app@${SHA256}0`, "expected a digest"],
  ["app@md5:0123", "expected a digest"],
  [`app@${SHA256}@${SHA256}`, "one digest at most"],
  ["app:", "expected a tag"],
  [`app:${"t".repeat(129)}`, "expected a tag"],
  ["app:-1", "expected a tag"],
  ["", "expected a name"],
  ["/app", "expected a name"],
  ["team//app", "expected a name"],
  ["registry.example:port/app", "expected a name"],
  ["registry.example:65536/app", "expected a port from 1 to 65535 at the registry"],
  ["registry.example:99999/app:1", "expected a port from 1 to 65535"],
  ["localhost:0/app", "expected a port from 1 to 65535"],
  ["registry.example:123456/app", "expected a port from 1 to 65535"],
  ["[::::]/app", "expected an IPv6 address between the brackets"],
  ["[2001:db8::g]/app", "expected a name"],
  ["10.0.0.256/app", "expected an IPv4 address of numbers up to 255"],
  [`${"a".repeat(64)}.example/app`, "a registry's name has 63 characters between two dots at most"],
  [SHA256.slice(7), "64 hexadecimal digits are an image's id and no name"],
  ["a---/b___c", "expected a name"],
  ["$IMAGE", "expected a name"],
  ["a".repeat(256), "expected a name"],
])("%s is not an image", (image, problem) => {
  expect(imageProblem(image)).toContain(problem);
});

test("a text that is almost an image is judged at once, however long it is", () => {
  expect(imageProblem(`${"a-".repeat(250)}!`)).toContain("expected a name");
  expect(imageProblem(`x.${"a-".repeat(250)}!/b`)).toContain("expected a name");
});
