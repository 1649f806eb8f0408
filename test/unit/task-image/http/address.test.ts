import { expect, test } from "vitest";
import { checkUrl, guardedLookup, isForbiddenAddress } from "../../../../task-image/http/address.ts";

test.each([
  "169.254.169.254",
  "169.254.0.1",
  "::ffff:169.254.169.254",
  "::ffff:a9fe:a9fe",
  "::a9fe:a9fe",
  "64:ff9b::a9fe:a9fe",
  "fe80::1",
  "febf::1",
  "fd00:ec2::254",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
  "::ffff:100.100.100.200",
  "::100.100.100.200",
  "64:ff9b::168.63.129.16",
  "64:ff9b:1::100.100.100.200",
  "::ffff:0:169.254.169.254",
  "2002:a9fe:a9fe::1",
  "2002:6464:64c8::",
  "fd00:ec2::23",
  "fd20:ce::254",
])("%s is refused", (address) => {
  expect(isForbiddenAddress(address)).toBe(true);
});

test.each([
  "10.0.0.1",
  "127.0.0.1",
  "::1",
  "fd00::1",
  "169.253.255.255",
  "192.168.1.1",
  "::10.0.0.1",
  "64:ff9b::a00:1",
  "2002:a00:1::1",
  "100.100.100.201",
  "api.example.org",
])("%s is not", (address) => {
  expect(isForbiddenAddress(address)).toBe(false);
});

test.each([
  "http://169.254.169.254/latest/meta-data",
  "http://[::ffff:169.254.169.254]/",
  "http://2852039166/",
  "http://0xa9fea9fe/",
  "http://[fe80::1]/",
  "file:///etc/passwd",
])("the URL %s is refused before anything is asked", (url) => {
  expect(() => checkUrl(new URL(url), "api")).toThrow(
    expect.objectContaining({ kind: "configuration", code: "ForbiddenAddress" }),
  );
});

test("a name is resolved to addresses as they are, whether one or all are asked for", async () => {
  const resolved = (all: boolean) =>
    new Promise((resolve, reject) => {
      guardedLookup("api")("localhost", { all, family: 4 }, (error, address) =>
        error === null ? resolve(address) : reject(error),
      );
    });
  expect(await resolved(false)).toBe("127.0.0.1");
  expect(await resolved(true)).toContainEqual({ address: "127.0.0.1", family: 4 });
});

test("a name that leads to a forbidden address is refused after it is resolved", async () => {
  const refused = new Promise((_, reject) => {
    guardedLookup("api")("169.254.169.254", { all: true }, (error) => reject(error));
  });
  await expect(refused).rejects.toMatchObject({ code: "ForbiddenAddress", message: expect.stringContaining("api") });
});
