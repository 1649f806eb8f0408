import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign } from "node:crypto";
import { REPORT_SERVER_NAME } from "#api/report.ts";

/** Key and self-signed certificate of the listener, both as PEM. */
export interface ServerIdentity {
  readonly key: string;
  readonly certificate: string;
}

/** Before the meaning of the derivation changes, this does. */
const PURPOSE = "kelt report channel 1";
/** RFC 8410: PrivateKeyInfo of an Ed25519 key, up to the seed's 32 bytes. */
const PKCS8_HEAD = hex("302e020100300506032b657004220420");

/** Object identifiers as DER values. */
const OID = {
  commonName: hex("0603550403"),
  ed25519: hex("06032b6570"),
  subjectAltName: hex("0603551d11"),
  basicConstraints: hex("0603551d13"),
  keyUsage: hex("0603551d0f"),
  extendedKeyUsage: hex("0603551d25"),
  serverAuth: hex("06082b06010505070301"),
};
const TAG = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, utf8: 0x0c, utcTime: 0x17, time: 0x18 } as const;
const SEQUENCE = 0x30;
const SET = 0x31;

/**
 * The same key and certificate for the same seal key, byte for byte: every replica and every restart shows the one that running tasks
 * trust. Ed25519 signs without randomness, and the dates are fixed: the certificate ends when the seal key is replaced.
 */
export function serverIdentity(sealKey: Uint8Array): ServerIdentity {
  const seed = Buffer.from(hkdfSync("sha256", sealKey, "", PURPOSE, 32));
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
  return { key: key.export({ type: "pkcs8", format: "pem" }).toString(), certificate: pem(selfSigned(key)) };
}

/** An X.509 v3 certificate (RFC 5280) for {@link REPORT_SERVER_NAME}, that signs for no other certificate. */
function selfSigned(key: KeyObject): Buffer {
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const algorithm = der(SEQUENCE, OID.ed25519);
  const serverName = Buffer.from(REPORT_SERVER_NAME);
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, OID.commonName, der(TAG.utf8, serverName))));
  const body = der(
    SEQUENCE,
    der(0xa0, der(TAG.integer, Buffer.of(2))), // version 3
    der(TAG.integer, serialOf(publicKey)),
    algorithm,
    name,
    // RFC 5280 4.1.2.5: this end says that there is no well-defined one.
    der(SEQUENCE, der(TAG.utcTime, text("200101000000Z")), der(TAG.time, text("99991231235959Z"))),
    name,
    publicKey,
    der(0xa3, der(SEQUENCE, ...extensions(serverName))),
  );
  return der(SEQUENCE, body, algorithm, der(TAG.bits, Buffer.of(0), sign(null, body, key)));
}

function extensions(serverName: Buffer): readonly Buffer[] {
  return [
    extension(OID.basicConstraints, "critical", der(SEQUENCE)),
    extension(OID.keyUsage, "critical", der(TAG.bits, hex("0780"))), // digitalSignature
    extension(OID.extendedKeyUsage, "optional", der(SEQUENCE, OID.serverAuth)),
    extension(OID.subjectAltName, "optional", der(SEQUENCE, der(0x82, serverName))), // dNSName
  ];
}

function extension(oid: Buffer, weight: "critical" | "optional", value: Buffer): Buffer {
  const critical = weight === "critical" ? [der(TAG.boolean, Buffer.of(0xff))] : [];
  return der(SEQUENCE, oid, ...critical, der(TAG.octets, value));
}

/** Positive and not zero, as RFC 5280 wants it. */
function serialOf(publicKey: Buffer): Buffer {
  const digest = createHash("sha256").update(publicKey).digest().subarray(0, 16);
  return Buffer.concat([Buffer.of(0x01), digest]);
}

/** A value in DER: tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  const head = length < 0x80 ? Buffer.of(tag, length) : Buffer.of(tag, 0x82, length >> 8, length & 0xff);
  return Buffer.concat([head, body]);
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function hex(digits: string): Buffer {
  return Buffer.from(digits, "hex");
}

function text(characters: string): Buffer {
  return Buffer.from(characters, "latin1");
}
