import { spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { serverIdentity } from "../../../operator/report/certificate.ts";

const KEY = Buffer.alloc(32, 7);

test("the same seal key has the same key and certificate, byte for byte; another one has others", () => {
  expect(serverIdentity(KEY)).toEqual(serverIdentity(Uint8Array.from(KEY)));
  const other = serverIdentity(Buffer.alloc(32, 8));
  expect(other.key).not.toBe(serverIdentity(KEY).key);
  expect(other.certificate).not.toBe(serverIdentity(KEY).certificate);
});

test("the derivation does not change from version to version: running tasks trust what an older operator told them", () => {
  expect(new X509Certificate(serverIdentity(KEY).certificate).fingerprint256).toBe(
    "E2:E6:2C:9F:81:45:41:77:C9:5A:EB:28:42:AE:96:10:3A:06:AF:45:2F:0F:49:78:F0:54:41:F3:46:07:28:19",
  );
});

test("the certificate signs itself, is for kelt-report alone and is no authority", () => {
  const { key, certificate } = serverIdentity(KEY);
  const x509 = new X509Certificate(certificate);
  expect(x509.subject).toBe("CN=kelt-report");
  expect(x509.issuer).toBe("CN=kelt-report");
  expect(x509.subjectAltName).toBe("DNS:kelt-report");
  expect(x509.ca).toBe(false);
  expect(x509.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(x509.checkHost("kelt-report")).toBe("kelt-report");
  expect(x509.checkHost("kelt-report.kelt-system.svc")).toBeUndefined();
  expect(x509.verify(createPublicKey(createPrivateKey(key)))).toBe(true);
  expect(x509.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect([x509.validFromDate.toISOString(), x509.validToDate.toISOString()]).toEqual([
    "2020-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.000Z",
  ]);
});

test("OpenSSL reads every field of it", () => {
  const { stdout, status } = spawnSync("openssl", ["x509", "-noout", "-text"], {
    input: serverIdentity(KEY).certificate,
    encoding: "utf8",
  });
  expect(status).toBe(0);
  const lines = stdout.split("\n").map((line) => line.trim());
  for (const line of [
    "Version: 3 (0x2)",
    "Signature Algorithm: ED25519",
    "Public Key Algorithm: ED25519",
    "X509v3 Basic Constraints: critical",
    "CA:FALSE",
    "X509v3 Key Usage: critical",
    "Digital Signature",
    "TLS Web Server Authentication",
    "DNS:kelt-report",
  ]) {
    expect(lines).toContain(line);
  }
});
