import { generateKeyPairSync, sign } from "node:crypto";

/** A certificate that signs itself, with its key, both as PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

const OID = {
  commonName: "0603550403",
  ecdsaWithSha256: "06082a8648ce3d040302",
  subjectAltName: "0603551d11",
  basicConstraints: "0603551d13",
} as const;

/** Makes an X.509 v3 certificate (RFC 5280) for a DNS name, valid from 2020 to 2049, that is its own authority. */
export function makeCertificate(dnsName: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(0x30, hex(OID.ecdsaWithSha256));
  const name = der(0x30, der(0x31, der(0x30, hex(OID.commonName), der(0x0c, Buffer.from(dnsName)))));
  const validity = der(0x30, der(0x17, Buffer.from("200101000000Z")), der(0x17, Buffer.from("491231235959Z")));
  const extensions = der(
    0x30,
    extension(OID.subjectAltName, der(0x30, der(0x82, Buffer.from(dnsName)))),
    extension(OID.basicConstraints, der(0x30, der(0x01, Buffer.of(0xff)))),
  );
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensions),
  );
  const signature = der(0x03, Buffer.of(0), sign("sha256", body, privateKey));
  const text = der(0x30, body, algorithm, signature)
    .toString("base64")
    .replace(/(.{64})/g, "$1\n");
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function extension(oid: string, value: Buffer): Buffer {
  return der(0x30, hex(oid), der(0x04, value));
}

/** A value in DER: tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length = body.length < 0x80 ? Buffer.of(body.length) : Buffer.of(0x82, body.length >> 8, body.length & 0xff);
  return Buffer.concat([Buffer.of(tag), length, body]);
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}
