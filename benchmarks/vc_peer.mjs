// Signs one credential again and again with @digitalbazaar/vc; prints how often a second of processor time. Contexts come from memory.
import { readFileSync } from "node:fs";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import * as Ed25519Multikey from "@digitalbazaar/ed25519-multikey";
import { cryptosuite } from "@digitalbazaar/eddsa-rdfc-2022-cryptosuite";
import * as vc from "@digitalbazaar/vc";

const { credential, contexts, seconds } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const pair = await Ed25519Multikey.generate({ controller: credential.issuer.id ?? credential.issuer });
pair.id = `${pair.controller}#${pair.publicKeyMultibase}`;
const documentLoader = async (url) => {
  if (!(url in contexts)) throw new Error(`not in memory: ${url}`);
  return { contextUrl: null, documentUrl: url, document: contexts[url] };
};
const sign = () => vc.issue({
  credential: structuredClone(credential),
  suite: new DataIntegrityProof({ signer: pair.signer(), cryptosuite }),
  documentLoader,
});
await sign();
let done = 0;
const spent = (since) => { const { user, system } = process.cpuUsage(since); return (user + system) / 1e6; };
const began = process.cpuUsage();
while (spent(began) < seconds) { await sign(); done += 1; }
console.log(done / spent(began));
