import { expect, test } from "vitest";
import { parseControl } from "../../../config/images/debian-packages.ts";

const LIBC = `Package: libc6
Architecture: amd64
Version: 2.36-9+deb12u10
Description: GNU C Library
 This is no field:
 Version: 1`;

test("the packages of a file system are those that dpkg's list and the files beside it say, by name", () => {
  const status = `Package: tzdata
Status: install ok installed
Architecture: all
Version: 2025b-0+deb12u2

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1
`;
  expect(parseControl([status, `${LIBC}\n`, ""])).toEqual([
    {
      type: "library",
      name: "libc6",
      version: "2.36-9+deb12u10",
      purl: "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=bookworm",
    },
    {
      type: "library",
      name: "tzdata",
      version: "2025b-0+deb12u2",
      purl: "pkg:deb/debian/tzdata@2025b-0%2Bdeb12u2?arch=all&distro=bookworm",
    },
  ]);
});

test("an epoch, and a name with a plus, are written as a package URL has them", () => {
  const [found] = parseControl(["Package: libstdc++6\nArchitecture: arm64\nVersion: 1:12.2.0-14\n"]);
  expect(found?.purl).toBe("pkg:deb/debian/libstdc%2B%2B6@1%3A12.2.0-14?arch=arm64&distro=bookworm");
});
